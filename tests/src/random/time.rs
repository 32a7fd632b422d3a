//! Queries over tables with a time attribute: windows, and joins by time.

use super::query::{Column, Type, Writer};

fn columns(alias: &str) -> Vec<Column> {
    let columns = [
        ("id", Type::Int),
        ("k", Type::Int),
        ("n", Type::Int),
        ("s", Type::Text),
        ("ts", Type::Time),
    ];
    columns
        .map(|(name, ty)| Column::new(format!("{alias}.{name}"), ty))
        .into()
}

impl Writer {
    /// A query over time.
    pub fn time_query(&mut self) -> String {
        match self.below(11) {
            9 => self.window_of_windows(),
            10 => self.over_time(),
            0..=2 => self.window_aggregate(),
            3 => self.window_join(),
            4 => self.window_rank(),
            5 | 6 => self.interval_join(),
            7 => self.deduplicate(),
            _ => self.temporal_join(),
        }
    }

    /// A window table function over one of the tables; whether it is a session.
    fn window(&mut self, table: &str) -> String {
        let (size, slide) = self.choose(&[("10", "5"), ("8", "4"), ("6", "2"), ("60", "20")]);
        let second = |n: &str| format!("INTERVAL '{n}' SECOND");
        let input = format!("TABLE {table}, DESCRIPTOR(ts)");
        match self.below(4) {
            0 => format!("TABLE(TUMBLE({input}, {}))", second(size)),
            1 => format!("TABLE(HOP({input}, {}, {}))", second(slide), second(size)),
            2 => format!(
                "TABLE(CUMULATE({input}, {}, {}))",
                second(slide),
                second(size)
            ),
            _ => match self.chance(0.3) {
                true => format!(
                    "TABLE(TUMBLE({input}, {}, INTERVAL '3' SECOND))",
                    second(size)
                ),
                false => format!(
                    "TABLE(SESSION(TABLE {table} PARTITION BY k, DESCRIPTOR(ts), INTERVAL '{}' SECOND))",
                    self.choose(&["3", "5"])
                ),
            },
        }
    }

    fn window_aggregate(&mut self) -> String {
        let table = self.choose(&["w", "z"]);
        let window = self.window(table);
        let scope = columns("a");
        // Sessions are by key already.
        let keyed = window.contains("SESSION") || self.chance(0.5);
        let filter = self.filter(&scope, 1);
        let aggregates: Vec<String> = (0..self.below(3) + 1)
            .map(|_| self.aggregate(&scope).0)
            .collect();
        let key = if keyed { ", a.k" } else { "" };
        let mut items: Vec<String> = ["a.window_start", "a.window_end"].map(str::to_owned).into();
        if keyed {
            items.push("a.k".to_owned());
        }
        items.extend(aggregates);
        let having = match self.chance(0.2) {
            true => " HAVING COUNT(*) > 1",
            false => "",
        };
        let list = self.named(&items);
        format!(
            "SELECT {list} FROM {window} AS a{filter} GROUP BY a.window_start, a.window_end{key}{having}"
        )
    }

    fn window_of_windows(&mut self) -> String {
        let window = self.window("w");
        let (call, ty) = self.aggregate(&columns("a"));
        let outer = [Column::new("b.c", ty), Column::new("b.k", Type::Int)];
        let (of, _) = self.aggregate(&outer);
        format!(
            "SELECT b.window_start AS c0, b.window_end AS c1, {of} AS c2 FROM (SELECT a.window_start, a.window_end, a.k, {call} AS c \
             FROM {window} AS a GROUP BY a.window_start, a.window_end, a.k) AS b GROUP BY b.window_start, b.window_end"
        )
    }

    /// Rows of one time are in each other's frame.
    fn over_time(&mut self) -> String {
        let call = self.choose(&[
            "SUM(n)",
            "COUNT(*)",
            "MIN(s)",
            "MAX(n)",
            "COUNT(DISTINCT n)",
            "AVG(n)",
        ]);
        let frame = self.choose(&[
            "INTERVAL '5' SECOND PRECEDING",
            "UNBOUNDED PRECEDING",
            "INTERVAL '0' SECOND PRECEDING",
        ]);
        let partition = self.choose(&["PARTITION BY k", "PARTITION BY s", ""]);
        format!(
            "SELECT id AS c0, ts AS c1, {call} OVER ({partition} ORDER BY ts RANGE BETWEEN {frame} AND CURRENT ROW) AS c2 FROM w"
        )
    }

    fn window_join(&mut self) -> String {
        let mut window = self.window("w");
        while window.contains("SESSION") {
            window = self.window("w");
        }
        let other = window.replace("TABLE w", "TABLE z");
        let kind = self.choose(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
        let on = "l.window_start = r.window_start AND l.window_end = r.window_end AND l.k = r.k";
        let more = match self.chance(0.4) {
            true => {
                let mut both = columns("l");
                both.extend(columns("r"));
                format!(" AND {}", self.condition(&both, 1))
            }
            false => String::new(),
        };
        if self.chance(0.3) {
            let not = self.choose(&["", "NOT "]);
            return format!(
                "SELECT l.id AS c0, l.window_start AS c1 FROM (SELECT * FROM {window}) AS l WHERE {not}EXISTS \
                 (SELECT * FROM (SELECT * FROM {other}) AS r WHERE {on})"
            );
        }
        format!(
            "SELECT l.id AS c0, r.id AS c1, COALESCE(l.window_start, r.window_start) AS c2, l.s AS c3, r.n AS c4 \
             FROM (SELECT * FROM {window}) AS l {kind} (SELECT * FROM {other}) AS r ON {on}{more}"
        )
    }

    fn window_rank(&mut self) -> String {
        let window = self.window("w");
        let key = match window.contains("SESSION") || self.chance(0.5) {
            true => ", k",
            false => "",
        };
        let order = self.choose(&["n DESC, id", "n, id DESC", "s, id", "id DESC"]);
        let most = self.choose(&["1", "2", "3"]);
        format!(
            "SELECT id AS c0, window_start AS c1, window_end AS c2, n AS c3, rn AS c4 FROM (SELECT *, ROW_NUMBER() OVER \
             (PARTITION BY window_start, window_end{key} ORDER BY {order}) AS rn FROM {window}) WHERE rn <= {most}"
        )
    }

    fn interval_join(&mut self) -> String {
        let kind = self.choose(&["JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
        let (before, after) = self.choose(&[
            ("- INTERVAL '5' SECOND", "+ INTERVAL '5' SECOND"),
            ("- INTERVAL '10' SECOND", "- INTERVAL '2' SECOND"),
            ("", "+ INTERVAL '8' SECOND"),
        ]);
        let more = match self.chance(0.4) {
            true => {
                let mut both = columns("l");
                both.extend(columns("r"));
                format!(" AND {}", self.condition(&both, 1))
            }
            false => String::new(),
        };
        format!(
            "SELECT l.id AS c0, r.id AS c1, l.ts AS c2, r.s AS c3 FROM w AS l {kind} z AS r \
             ON l.k = r.k AND l.ts BETWEEN r.ts {before} AND r.ts {after}{more}"
        )
    }

    fn temporal_join(&mut self) -> String {
        let kind = self.choose(&["JOIN", "LEFT JOIN"]);
        let mut scope = columns("l");
        scope.extend(columns("r"));
        let filter = self.filter(&scope, 1);
        format!(
            "SELECT l.id AS c0, r.id AS c1, r.ts AS c2, r.n AS c3 FROM w AS l {kind} y FOR SYSTEM_TIME AS OF l.ts AS r \
             ON l.k = r.k{filter}"
        )
    }

    /// The first or last row of a key; of rows at the same time the one that comes first, or last.
    fn deduplicate(&mut self) -> String {
        let order = self.choose(&["", " DESC"]);
        format!(
            "SELECT k AS c0, ts AS c1 FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY k ORDER BY ts{order}) AS rn \
             FROM w) WHERE rn = 1"
        )
    }
}
