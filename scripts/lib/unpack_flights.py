"""unpack_flights.py ARCHIVE FOLDER: writes flights.csv, weather.csv, ... as a stream would bring them.

Without header lines, and the flights ordered by day: in the archive October to December stand before February.
"""

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
        rows = content.partition(b"\n")[2]
        if name == "flights.csv":
            by_day = sorted(rows.splitlines(keepends=True), key=lambda row: [int(n) for n in row.split(b",")[:3]])
            rows = b"".join(by_day)
        (folder / name).write_bytes(rows)
