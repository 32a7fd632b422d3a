"""unpack_flights.py ARCHIVE FOLDER: writes flights.csv, weather.csv, ... without their header lines."""

import io
import pathlib
import sys
import tarfile
import zipfile

archive, folder = sys.argv[1], pathlib.Path(sys.argv[2])
folder.mkdir(parents=True, exist_ok=True)
with tarfile.open(archive) as tar:
    for member in tar.getmembers():
        name = pathlib.PurePosixPath(member.name).name
        if "/data/" not in member.name or not member.isfile():
            continue
        content = tar.extractfile(member).read()
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(content)) as inner:
                content = inner.read(name.removesuffix(".zip"))
            name = name.removesuffix(".zip")
        header, _, rows = content.partition(b"\n")
        (folder / name).write_bytes(rows)
