"""Settings of the documentation; scripts/build_docs.py builds it from a copy of this folder with the generated pages beside."""

from __future__ import annotations

import re

from sphinx.application import Sphinx
from sphinx.search import SearchLanguage, languages

project = "sxgeo"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
language = "zh_CN"
html_theme = "furo"
html_title = "sxgeo"
html_show_copyright = False
html_show_sphinx = False
html_copy_source = False
html_extra_path = ["extra"]
html_search_language = "zh"
html_show_search_summary = False  # it fetches pages, which no browser lets a page in a folder do
exclude_patterns = ["extra"]
myst_heading_anchors = 3
myst_enable_extensions = ["attrs_inline"]
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_preprocess_types = False
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
suppress_warnings = ["config.cache", "myst.header"]

_HAN = r"[\u4e00-\u9fff]"
_WORDS = re.compile(rf"[A-Za-z0-9_]+|{_HAN}+")


def pairs(text: str) -> list[str]:
    """Return Latin words, and every two neighbouring Han characters: index and query are cut alike, with no dictionary."""
    found: list[str] = []
    for word in _WORDS.findall(text):
        if not re.match(_HAN, word) or len(word) == 1:
            found.append(word)
        else:
            found += [word[i : i + 2] for i in range(len(word) - 1)]
    return found


class SearchByPairs(SearchLanguage):
    """Chinese search that needs no dictionary and works from a folder."""

    lang = "zh"
    language_name = "Chinese by pairs"
    js_splitter_code = r"""
function splitQuery(query) {
  const found = [];
  for (const word of query.match(/[A-Za-z0-9_]+|[\u4e00-\u9fff]+/g) || []) {
    if (!/[\u4e00-\u9fff]/.test(word) || word.length === 1) found.push(word);
    else for (let i = 0; i + 1 < word.length; i++) found.push(word.slice(i, i + 2));
  }
  return found;
}
"""

    def split(self, input: str) -> list[str]:
        return pairs(input)

    def word_filter(self, word: str) -> bool:
        return len(word) > 1

    def stem(self, word: str) -> str:
        return word.lower()


def setup(app: Sphinx) -> None:
    """Put the search of our own in the place of the dictionary's."""
    languages["zh"] = SearchByPairs
