"""Parts of build_data.py: one module per kind of bundled file. Nothing here is shipped."""
