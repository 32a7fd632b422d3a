//! Sub-queries within expressions.

use super::query::{Column, Type, Writer};

impl Writer {
    /// `IN`, `EXISTS` and comparisons with the rows of a table, correlated or not.
    pub fn condition_with_sub_query(&mut self, scope: &[Column]) -> String {
        let ty = self.choose(&[Type::Int, Type::Int, Type::Text, Type::Decimal]);
        let not = self.choose(&["", "NOT "]);
        match self.below(5) {
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
        match conditions.is_empty() {
            true => String::new(),
            false => format!(" WHERE {}", conditions.join(" AND ")),
        }
    }
}
