//! Sub-queries within expressions.

use super::query::{Column, Type, Writer, scope};

impl Writer {
    /// `IN`, `EXISTS` and comparisons with the rows of a table, correlated or not.
    pub fn condition_with_sub_query(&mut self, scope: &[Column]) -> String {
        let ty = self.choose(&[Type::Int, Type::Int, Type::Text, Type::Decimal]);
        let not = self.choose(&["", "NOT "]);
        match self.below(8) {
            5 => {
                let value = self.leaf(ty, scope);
                let sign = self.choose(&["=", "<>", "<", ">="]);
                let of = self.choose(&["ALL", "ANY", "SOME"]);
                let rows = self.rows_of_table(ty, scope);
                format!("({value} {sign} {of} ({rows}))")
            }
            6 => {
                let (a, b) = (self.leaf(ty, scope), self.leaf(Type::Int, scope));
                let (from, inner) = self.table();
                let (c, d) = (self.leaf(ty, &inner), self.leaf(Type::Int, &inner));
                let filter = self.correlated_filter(&inner, scope);
                format!("(({a}, {b}) {not}IN (SELECT {c}, {d} FROM {from}{filter}))")
            }
            0 | 1 => {
                let value = self.leaf(ty, scope);
                let rows = self.rows_of_table(ty, scope);
                format!("({value} {not}IN ({rows}))")
            }
            2 | 3 => format!("({not}EXISTS ({}))", self.rows_of_table(ty, scope)),
            _ => {
                let value = self.leaf(ty, scope);
                let sign = self.choose(&["=", "<", ">=", "<>"]);
                format!("({value} {sign} {})", self.scalar_sub_query(ty, scope))
            }
        }
    }

    /// A join with a query that refers to the other side: some of its rows, or a row that is computed of them.
    pub fn lateral(&mut self) -> (String, Vec<Column>) {
        let (left, mut columns) = self.table();
        let (from, inner) = self.table();
        let filter = self.correlated_filter(&inner, &columns);
        let kind = self.choose(&["JOIN", "LEFT JOIN"]);
        let alias = self.alias();
        let query = match self.chance(0.5) {
            true => {
                self.keyless = true;
                let (call, ty) = self.aggregate(&inner);
                columns.push(Column::new(format!("{alias}.c0"), ty));
                format!("SELECT {call} AS c0 FROM {from}{filter}")
            }
            false => {
                let items = self.items(&inner, 2);
                let (list, types) = self.list(&items);
                columns.extend(scope(&alias, &types));
                let end = match self.chance(0.4) {
                    true => format!(" ORDER BY {} LIMIT 2", self.total_order(types.len())),
                    false => String::new(),
                };
                format!("SELECT {list} FROM {from}{filter}{end}")
            }
        };
        (
            format!("{left} {kind} LATERAL ({query}) AS {alias} ON TRUE"),
            columns,
        )
    }

    /// A column of a table, of some of its rows.
    fn rows_of_table(&mut self, ty: Type, outer: &[Column]) -> String {
        let (from, inner) = self.table();
        let value = self.leaf(ty, &inner);
        let filter = self.correlated_filter(&inner, outer);
        format!("SELECT {value} FROM {from}{filter}")
    }

    /// One value: an aggregate over a table.
    pub fn scalar_sub_query(&mut self, ty: Type, outer: &[Column]) -> String {
        self.sub_queries = self.sub_queries.saturating_sub(1);
        self.keyless = true;
        let (from, inner) = self.table();
        let value = self.leaf(ty, &inner);
        let aggregate = match (ty, self.below(3)) {
            (Type::Int, 0) => "COUNT(*)".to_owned(),
            (Type::Int | Type::Decimal, 1) => format!("SUM({value})"),
            (Type::Bool, _) => "COUNT(*) > 1".to_owned(),
            (_, 2) => format!("MIN({value})"),
            _ => format!("MAX({value})"),
        };
        let filter = self.correlated_filter(&inner, outer);
        format!("(SELECT {aggregate} FROM {from}{filter})")
    }

    fn correlated_filter(&mut self, inner: &[Column], outer: &[Column]) -> String {
        self.sub_queries = self.sub_queries.saturating_sub(1);
        let mut conditions = Vec::new();
        if self.chance(0.6) {
            let ty = self.choose(&[Type::Int, Type::Int, Type::Text]);
            let of = |columns: &[Column]| -> Vec<String> {
                let fitting = columns.iter().filter(|column| column.ty == ty);
                fitting.map(|column| column.sql.clone()).collect()
            };
            let (ours, theirs) = (of(inner), of(outer));
            if !ours.is_empty() && !theirs.is_empty() {
                let (a, b) = (
                    ours[self.below(ours.len())].clone(),
                    theirs[self.below(theirs.len())].clone(),
                );
                let sign = self.choose(&["=", "=", "=", "=", "<", "<>"]);
                conditions.push(format!("{a} {sign} {b}"));
            }
        }
        if self.chance(0.4) {
            conditions.push(self.condition(inner, 1));
        }
        if self.nested > 0 && self.chance(0.3) {
            self.nested -= 1;
            let scope = match self.chance(0.3) {
                true => inner.iter().chain(outer).cloned().collect(),
                false => inner.to_vec(),
            };
            conditions.push(self.condition_with_sub_query(&scope));
        }
        match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        }
    }
}
