"""A file is data, not a command: no input makes a reader open a file that nobody named, or the
network.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyogrio
import pytest
import shapely
from hostile_files import SUFFIXES, VIRTUAL, databases, filled, zipped

from sxgeo.errors import InputError
from sxgeo.files import gdal_door
from sxgeo.sites.read import read_some

SECRET = shapely.box(113.40, 38.40, 113.41, 38.41)


class Listener:
    """A server on the loopback that counts who calls."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.calls = 0
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            caller.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.socket.getsockname()[1]}/"


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    for name in (
        "http_proxy",
        "https_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "all_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    there = Listener()
    yield there
    there.socket.close()


def secret_file(folder: Path) -> Path:
    path = folder / "kept" / "secret.geojson"
    path.parent.mkdir()
    feature = {
        "type": "Feature",
        "properties": {"name": "机密"},
        "geometry": json.loads(shapely.to_geojson(SECRET)),
    }
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8"
    )
    return path


@contextmanager
def untouched(path: Path) -> Iterator[None]:
    """See that nobody reads a file: its time of access, set far back, stays (where the file system
    keeps it).
    """
    os.utime(path, (1_000_000_000, 1_000_000_000))
    yield
    assert path.stat().st_atime == 1_000_000_000, "the file was opened"


def leaks(path: Path) -> bool:
    sites, _ = read_some(path)
    return any(s.geometry is not None and s.geometry.intersects(SECRET) for s in sites.sites)


@pytest.mark.parametrize("name", sorted(VIRTUAL))
def test_no_text_makes_a_reader_open_another_file_or_the_network(
    name: str, tmp_path: Path, listener: Listener
) -> None:
    secret = secret_file(tmp_path)
    folder = tmp_path / "given"
    folder.mkdir()
    text = filled(VIRTUAL[name], secret, listener.url)
    with untouched(secret):
        for suffix in SUFFIXES:
            path = folder / f"地块.{suffix}"
            path.write_text(text, encoding="utf-8")
            assert not leaks(path), suffix
            assert not leaks(zipped(folder, suffix, f"甲/{path.name}", text.encode())), suffix
            try:
                gdal_door.layer_names(path)
                read = gdal_door.read_features(path)
            except InputError:
                continue
            assert "geometry" not in read or not read.geometry.intersects(SECRET).any()
    assert listener.calls == 0


def test_no_database_reaches_out_of_itself(tmp_path: Path, listener: Listener) -> None:
    secret = secret_file(tmp_path)
    folder = tmp_path / "given"
    folder.mkdir()
    with untouched(secret):
        for path in databases(folder, secret, listener.url):
            sites, unread = read_some(path)
            assert not sites.sites and (
                "reach out of the file" in unread[0] or "shows another file" in unread[0]
            ), path
            with pytest.raises(InputError, match=r"reach out of the file|shows another file"):
                gdal_door.read_features(path, layer="dk")
    assert listener.calls == 0


def test_the_watch_itself_sees(tmp_path: Path, listener: Listener) -> None:
    """The hostile files do work where the doors stand open, and the watch notices."""
    secret = secret_file(tmp_path)
    path = tmp_path / "a.gpkg"
    path.write_text(filled(VIRTUAL["vrt_file"], secret, listener.url), encoding="utf-8")
    assert pyogrio.read_dataframe(path).geometry.intersects(SECRET).any()
    path.write_text(filled(VIRTUAL["link_crs"], secret, listener.url), encoding="utf-8")
    with suppress(
        pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, pyogrio.errors.CRSError
    ):
        pyogrio.read_dataframe(path.rename(tmp_path / "b.geojson"))
    assert listener.calls >= 1


def test_the_doors_open_again_after_a_reading() -> None:
    before = set(pyogrio.list_drivers())
    proxy = pyogrio.get_gdal_config_option("GDAL_HTTP_PROXY")
    with gdal_door.closed_doors(), gdal_door.closed_doors():
        assert set(pyogrio.list_drivers()) <= gdal_door.DRIVERS
        # the older driver would read what LIBKML refuses, without the columns that doubt it
        assert "KML" not in pyogrio.list_drivers()
    with pytest.raises(RuntimeError), gdal_door.closed_doors():
        raise RuntimeError
    assert set(pyogrio.list_drivers()) == before
    assert pyogrio.get_gdal_config_option("GDAL_HTTP_PROXY") == proxy


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes or devices by name")
def test_pipes_devices_and_folders_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.geojson"
    os.mkfifo(pipe)
    for path in (pipe, Path("/dev/zero"), Path("/"), tmp_path):
        _, unread = read_some(path)
        assert "is no file" in unread[0] or "is a folder" in unread[0]
        with pytest.raises(InputError, match=r"is no file|is a folder"):
            gdal_door.layer_names(path)


@pytest.mark.parametrize("name", ["长" * 300 + ".geojson", "a\0b.geojson"])
def test_a_name_that_no_file_can_have_is_refused(name: str) -> None:
    _, unread = read_some(Path(name))
    assert "cannot be a file" in unread[0] and "check its name" in unread[0]
    assert "\0" not in unread[0]
