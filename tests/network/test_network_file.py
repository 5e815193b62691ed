"""Saved networks: mapped, the same bytes, and broken or hostile files refused with every reason."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from sxgeo.analysis.network.build import network_from_lines
from sxgeo.analysis.network.bundled import read_network
from sxgeo.analysis.network.file import ARRAYS, NUMBERS, WORDS, open_network, write_network
from sxgeo.analysis.network.graph import Network
from sxgeo.errors import InputError


def small(**told: str) -> Network:
    lines = [
        LineString([(112.5, 38.0), (112.51, 38.0), (112.52, 38.01)]),
        LineString([(112.52, 38.01), (112.5, 38.03)]),
    ]
    frame = gpd.GeoDataFrame(
        {"speed_kmh": [50, 30], "oneway": [True, False]}, geometry=lines, crs="EPSG:4490"
    )
    return network_from_lines(frame, **told)


def content(network: Network) -> dict[str, object]:
    held = {name: np.asarray(getattr(network, name)) for name in (*ARRAYS, *WORDS, *NUMBERS)}
    return {"format": np.asarray("sxgeo.network/1"), **held}


def saved_by_numpy(path: Path, **changed: object) -> Path:
    np.savez(path, **{**content(small()), **changed})
    return path


def test_what_is_opened_is_what_was_saved_and_lies_in_the_file(tmp_path):
    for told in ({"id": "甲", "attribution": "© 测绘"}, {"id": "a", "attribution": ""}):
        network = small(**told)
        write_network(network, tmp_path / "a.npz")
        again = open_network(tmp_path / "a.npz")
        for name in ARRAYS:
            assert np.array_equal(getattr(again, name), getattr(network, name))
            assert isinstance(getattr(again, name).base.base, np.memmap) or isinstance(
                getattr(again, name).base, np.memmap
            )
            assert getattr(again, name).ctypes.data % 64 == 0
            with pytest.raises(ValueError, match="read-only"):
                getattr(again, name)[:] = 0
        assert [getattr(again, name) for name in (*WORDS, *NUMBERS)] == [
            getattr(network, name) for name in (*WORDS, *NUMBERS)
        ]
        write_network(again, tmp_path / "b.npz")
        assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
        assert (
            np.load(tmp_path / "a.npz")["tail"].tolist() == network.tail.tolist()
        )  # still a plain .npz


def test_a_file_that_numpy_wrote_is_read_too(tmp_path):
    again = read_network(saved_by_numpy(tmp_path / "a.npz"))
    assert again.ticks.tolist() == small().ticks.tolist()


def test_where_nothing_can_be_mapped_the_file_is_read(tmp_path, monkeypatch):
    write_network(small(), tmp_path / "a.npz")

    def refuse(*args: object, **options: object) -> None:
        raise OSError("no mapping here")

    monkeypatch.setattr(np, "memmap", refuse)
    again = open_network(tmp_path / "a.npz")
    assert np.array_equal(again.xy, small().xy) and again.id == "lines"


def test_every_flipped_bit_and_every_cut_is_noticed(tmp_path):
    path = tmp_path / "a.npz"
    write_network(small(), path)
    whole = path.read_bytes()
    plain = open_network(path)
    for at in range(0, len(whole), 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1 :])
        try:
            found = open_network(path)
        except InputError as error:
            assert "build it again" in str(error)
        else:  # in the padding, or in what the archive says twice
            assert all(
                np.array_equal(getattr(found, name), getattr(plain, name)) for name in ARRAYS
            )
            assert all(getattr(found, name) == getattr(plain, name) for name in (*WORDS, *NUMBERS))
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(InputError, match="build it again"):
            open_network(path)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tail": np.array([0, 9])}, "tail names nodes that are not there"),
        ({"head": np.array([-1, 1])}, "head names nodes that are not there"),
        ({"ticks": np.array([0, 5])}, "ticks are not all from 1"),
        ({"start": np.array([0, 1, 5])}, "start does not part xy"),
        ({"start": np.array([0, 3])}, "start has 2 values, not 3"),
        ({"lat": np.array([38.0])}, "lat has 1 values, not 3"),
        ({"xy": np.zeros((5, 3))}, "xy has 3 columns"),
        ({"xy": np.full((5, 2), np.nan)}, "xy holds what is no place on the earth"),
        ({"lon": np.array([1, 2, 300.0])}, "lon holds what is no place"),
        ({"length_m": np.array([5, -1.0])}, "length_m is not all above 0"),
        ({"tail": np.array([0.0, 1.0])}, "tail is float64 in 1 dimension.s., not int64"),
        ({"lon": np.zeros((3, 1))}, "lon is float64 in 2 dimension"),
        ({"id": np.asarray(5)}, "id is no text"),
        ({"id": np.asarray("x" * 10_001)}, "id is no text of up to 10000"),
        ({"offroad_kmh": np.asarray(0.0)}, "offroad_kmh is no number from 0.01 to 1000"),
        ({"time_error_share": np.asarray(np.nan)}, "time_error_share is no number from 0 to 1"),
        (
            {"format": np.asarray("sxgeo.network/9")},
            "format is sxgeo.network/9, not sxgeo.network/1",
        ),
    ],
)
def test_a_file_with_wrong_contents_is_refused(tmp_path, changed, words):
    with pytest.raises(InputError, match=words):
        read_network(saved_by_numpy(tmp_path / "a.npz", **changed))


def test_all_that_is_wrong_is_listed_at_once(tmp_path):
    path = saved_by_numpy(
        tmp_path / "a.npz",
        tail=np.array([0, 9]),
        ticks=np.array([0, 1]),
        offroad_kmh=np.asarray(-1.0),
    )
    with pytest.raises(InputError, match=r"(?s)offroad_kmh.*tail names nodes.*ticks are not"):
        read_network(path)


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return print, ("unpickled",)


def test_pickles_compressed_arrays_and_lying_sizes_are_refused(tmp_path, capsys):
    held = content(small())
    np.savez(tmp_path / "pickle.npz", **{**held, "lon": np.array([Bomb()], dtype=object)})
    np.savez_compressed(tmp_path / "packed.npz", **held)
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        for name, value in held.items():
            with archive.open(f"{name}.npy", "w") as member:
                if name == "lon":  # a header that promises 80 GB
                    told = {"descr": "<f8", "fortran_order": False, "shape": (10**10,)}
                    np.lib.format.write_array_header_1_0(member, told)
                else:
                    np.lib.format.write_array(member, np.asarray(value), version=(1, 0))
    for name, words in {
        "pickle": "lon is no array of numbers",
        "packed": "compressed",
        "huge": "lon is cut short",
    }.items():
        with pytest.raises(InputError, match=words):
            read_network(tmp_path / f"{name}.npz")
    assert "unpickled" not in capsys.readouterr().out
    assert (
        pickle.loads(pickle.dumps(small())).id == "lines"
    )  # a network itself may be sent to a process


def test_a_file_that_cannot_be_written_leaves_nothing_behind(tmp_path, monkeypatch):
    with pytest.raises(InputError, match="cannot be written"):
        write_network(small(), tmp_path / "no" / "a.npz")

    def full(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array", full)
    (tmp_path / "a.npz").write_bytes(b"old")
    with pytest.raises(InputError, match="No space left"):
        write_network(small(), tmp_path / "a.npz")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("a.npz", b"old")]


def test_what_is_derived_is_neither_copied_nor_pickled():
    network = small()
    assert network.steps is network.steps and network.boxes.shape == (2, 4)
    assert not {"steps", "boxes"} & set(pickle.loads(pickle.dumps(network)).__dict__)
