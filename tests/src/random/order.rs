//! Queries that depend on an order of rows: ranks, OVER windows, the first rows.

use super::query::{Query, Type, Writer, scope};

impl Writer {
    /// Columns under names, for queries that order by them.
    fn derived(&mut self, depth: u32) -> (String, Vec<Type>) {
        let (from, scope) = self.from(depth);
        let filter = self.filter(&scope, 1);
        let items = self.items(&scope, 4);
        let (list, types) = self.list(&items);
        (format!("SELECT {list} FROM {from}{filter}"), types)
    }

    /// An order in which only equal rows are tied.
    pub fn total_order(&mut self, columns: usize) -> String {
        let first = self.below(columns);
        let order: Vec<String> = (0..columns)
            .map(|i| {
                let direction = self.choose(&[
                    "",
                    " DESC",
                    " ASC",
                    " DESC NULLS LAST",
                    " ASC NULLS LAST",
                    " NULLS FIRST",
                ]);
                format!("c{}{direction}", (first + i) % columns)
            })
            .collect();
        order.join(", ")
    }

    pub fn rank(&mut self, depth: u32) -> Query {
        let (query, types) = self.derived(depth);
        let function = self.choose(&["ROW_NUMBER", "ROW_NUMBER", "RANK", "DENSE_RANK"]);
        let by = self.below(types.len());
        let order = match function {
            "ROW_NUMBER" => self.total_order(types.len()),
            _ => format!(
                "c{} {}",
                self.below(types.len()),
                self.choose(&["", "DESC"])
            ),
        };
        let partition = match self.chance(0.7) {
            true => format!("PARTITION BY c{by} "),
            false => String::new(),
        };
        let bound = self.choose(&[
            "rn <= 2",
            "rn = 1",
            "rn < 4",
            "rn = 2",
            "rn BETWEEN 2 AND 3",
            "rn <= 1",
        ]);
        let mut list: Vec<String> = (0..types.len()).map(|i| format!("c{i}")).collect();
        let mut types = types;
        if self.chance(0.4) {
            list.push(format!("rn AS c{}", types.len()));
            types.push(Type::Int);
        }
        let alias = self.alias();
        let sql = format!(
            "SELECT {} FROM (SELECT *, {function}() OVER ({partition}ORDER BY {order}) AS rn FROM ({query}) AS {alias}) WHERE {bound}",
            list.join(", ")
        );
        (sql, types)
    }

    pub fn over(&mut self, depth: u32) -> Query {
        let (query, mut types) = self.derived(depth);
        let alias = self.alias();
        let columns = scope(&alias, &types);
        let mut list: Vec<String> = (0..types.len()).map(|i| format!("c{i}")).collect();
        let partition = match self.chance(0.7) {
            true => format!("PARTITION BY {alias}.c{}", self.below(types.len())),
            false => String::new(),
        };
        let order = self.total_order(types.len());
        for _ in 0..=self.below(2) {
            let (call, ty) = match self.below(6) {
                4 => {
                    let column = columns[self.below(columns.len())].clone();
                    let name = self.choose(&["FIRST_VALUE", "LAST_VALUE"]);
                    let frame = self.choose(&[
                        "",
                        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                    ]);
                    (
                        format!(
                            "{name}({}) OVER ({partition} ORDER BY {order}{frame})",
                            column.sql
                        ),
                        column.ty,
                    )
                }
                5 => {
                    let name = self.choose(&["NTILE(2)", "RANK()", "DENSE_RANK()"]);
                    (
                        format!("{name} OVER ({partition} ORDER BY {order})"),
                        Type::Int,
                    )
                }
                0 => {
                    let column = columns[self.below(columns.len())].clone();
                    let name = self.choose(&["LAG", "LEAD"]);
                    (
                        format!("{name}({}) OVER ({partition} ORDER BY {order})", column.sql),
                        column.ty,
                    )
                }
                1 => (
                    format!("ROW_NUMBER() OVER ({partition} ORDER BY {order})"),
                    Type::Int,
                ),
                _ => {
                    let (mut call, mut ty) = self.aggregate(&columns);
                    if call.starts_with("CAST")
                        || call.contains("FILTER")
                        || call.contains("DISTINCT")
                    {
                        (call, ty) = ("COUNT(*)".to_owned(), Type::Int);
                    }
                    let frame = self.choose(&[
                        "",
                        " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW",
                        " ROWS BETWEEN 2 PRECEDING AND 1 FOLLOWING",
                        " ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING",
                        " RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
                    ]);
                    let order = match self.chance(0.8) {
                        true => format!("ORDER BY {order}{frame}"),
                        false => String::new(),
                    };
                    (format!("{call} OVER ({partition} {order})"), ty)
                }
            };
            list.push(format!("{call} AS c{}", list.len()));
            types.push(ty);
        }
        (
            format!("SELECT {} FROM ({query}) AS {alias}", list.join(", ")),
            types,
        )
    }

    pub fn first_rows(&mut self, depth: u32) -> Query {
        let (query, types) = self.derived(depth);
        let order = self.total_order(types.len());
        let end = self.choose(&[
            "LIMIT 3",
            "LIMIT 1",
            "LIMIT 2 OFFSET 1",
            "FETCH FIRST 4 ROWS ONLY",
            "LIMIT 0",
        ]);
        if self.chance(0.6) {
            let alias = self.alias();
            return (
                format!("SELECT * FROM ({query} ORDER BY {order} {end}) AS {alias}"),
                types,
            );
        }
        let (inner, outer) = (self.alias(), self.alias());
        let sql = format!(
            "SELECT * FROM (SELECT * FROM ({query}) AS {inner} ORDER BY {order} {end}) AS {outer}"
        );
        (sql, types)
    }
}
