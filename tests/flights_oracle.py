"""flights_oracle.py FOLDER: what the flights job must give, computed by SQLite from the same CSV files.

Prints one line for each result row: table|window_start|window_end|origin|departures|canceled|mean|worst.
"""

import csv
import pathlib
import sqlite3
import sys

COLUMNS = """year month day dep_time sched_dep_time dep_delay arr_time sched_arr_time arr_delay carrier flight
tailnum origin dest air_time distance hour minute time_hour""".split()

database = sqlite3.connect(":memory:")
database.execute(f"CREATE TABLE raw ({', '.join(COLUMNS)})")
with open(pathlib.Path(sys.argv[1]) / "flights.csv", newline="") as file:
    rows = ([None if cell == "NA" else cell for cell in row] for row in csv.reader(file))
    database.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * len(COLUMNS))})", rows)
# Hours since the epoch of the scheduled departure, New York's clock taken as it is.
database.execute("""
    CREATE TABLE flights AS SELECT origin, carrier, dep_time, CAST(dep_delay AS INTEGER) AS dep_delay,
      CAST(strftime('%s', printf('%04d-%02d-%02d', year, month, day)) AS INTEGER) / 3600 + CAST(hour AS INTEGER) AS slot
    FROM raw""")


def windows(name, hours):
    query = f"""
        SELECT w.start, w.start + {hours}, f.origin, COUNT(f.dep_time),
               SUM(f.dep_time IS NULL), AVG(CAST(f.dep_delay AS REAL)), MAX(f.dep_delay)
        FROM flights f JOIN (SELECT DISTINCT slot - o.n AS start FROM flights, (
            SELECT 0 AS n UNION SELECT 1 UNION SELECT 2) o WHERE o.n < {hours}) w
          ON f.slot >= w.start AND f.slot < w.start + {hours}
        GROUP BY w.start, f.origin"""
    for start, end, *rest in database.execute(query):
        print("|".join([name, str(start), str(end)] + ["" if value is None else repr(value) if isinstance(value, float) else str(value) for value in rest]))


database.execute("CREATE INDEX by_slot ON flights (slot)")
windows("departures_hourly", 1)
windows("departures_3h", 3)
for row in database.execute("SELECT carrier, COUNT(dep_time), SUM(dep_time IS NULL) FROM flights GROUP BY carrier"):
    print("|".join(["carriers"] + [str(value) for value in row]))
