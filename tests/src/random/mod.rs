//! Random queries over small random tables, the same ones for the same number.
//!
//! The tables are small and their values few, so that NULL, ties, duplicates, empty texts, negative numbers and times before
//! 1970 meet each other. A query's answer does not depend on the order in which rows arrive: whatever has to choose among
//! rows does so by an order that leaves only equal rows tied. So all ways to run a query must agree.

mod data;
mod expression;
mod order;
mod query;
mod sub_query;
mod time;

pub use data::{Inputs, Tables};

use rand::SeedableRng;
use rand::rngs::StdRng;

/// A query and the tables that it reads.
#[derive(Debug)]
pub struct RandomQuery {
    /// Its tables.
    pub tables: Tables,
    /// The query, whose columns are named `c0`, `c1`, ...
    pub sql: String,
    /// Whether it has an aggregate without keys, which gives a row for no rows: in batch mode only, as in Flink.
    pub keyless: bool,
}

impl RandomQuery {
    /// The query of that number.
    pub fn new(number: u64) -> RandomQuery {
        let mut random = StdRng::seed_from_u64(number);
        let tables = Tables::new(&mut random);
        let mut writer = query::Writer::new(random);
        let sql = writer.statement();
        RandomQuery {
            tables,
            sql,
            keyless: writer.keyless,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_number_gives_the_same_query() {
        let (one, other) = (RandomQuery::new(7), RandomQuery::new(7));
        assert_eq!(one.sql, other.sql);
        assert_eq!(one.tables.files(), other.tables.files());
        assert_ne!(one.sql, RandomQuery::new(8).sql);
    }

    #[test]
    fn queries_can_be_parsed() {
        for number in 0..500 {
            let sql = RandomQuery::new(number).sql;
            if let Err(error) = alpheus_sql_parser::parse_script(&sql) {
                panic!("query {number} is no SQL: {error}\n{sql}");
            }
        }
    }
}
