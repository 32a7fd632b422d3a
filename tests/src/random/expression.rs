//! Random expressions of a type over the columns in scope.

use super::query::{Column, Type, Writer};

const UNITS: [&str; 5] = ["SECOND", "MINUTE", "HOUR", "DAY", "MONTH"];

impl Writer {
    /// An expression over `scope`; `depth` bounds how deep it nests.
    pub fn expression(&mut self, ty: Type, scope: &[Column], depth: u32) -> String {
        if depth == 0 || self.chance(0.25) {
            return self.leaf(ty, scope);
        }
        let depth = depth - 1;
        match self.below(12) {
            0 => {
                let condition = self.condition(scope, depth);
                let (yes, no) = (self.expression(ty, scope, depth), self.leaf(ty, scope));
                match self.below(3) {
                    0 => format!("CASE WHEN {condition} THEN {yes} END"),
                    1 => format!("IF({condition}, {yes}, {no})"),
                    _ => format!("CASE WHEN {condition} THEN {yes} ELSE {no} END"),
                }
            }
            1 => {
                let (a, b) = (self.expression(ty, scope, depth), self.leaf(ty, scope));
                let name = self.choose(&["COALESCE", "NULLIF", "IFNULL", "GREATEST", "LEAST"]);
                format!("{name}({a}, {b})")
            }
            2 if self.sub_queries > 0 => self.scalar_sub_query(ty, scope),
            _ => match ty {
                Type::Int => self.integer(scope, depth),
                Type::Decimal => self.decimal(scope, depth),
                Type::Double => self.double(scope, depth),
                Type::Text => self.text(scope, depth),
                Type::Bool => self.condition(scope, depth),
                Type::Time => self.time(scope, depth),
                Type::Date => self.date(scope, depth),
            },
        }
    }

    /// A column of the type, or a literal.
    pub fn leaf(&mut self, ty: Type, scope: &[Column]) -> String {
        let fitting: Vec<&Column> = scope.iter().filter(|column| column.ty == ty).collect();
        if !fitting.is_empty() && self.chance(0.85) {
            return fitting[self.below(fitting.len())].sql.clone();
        }
        self.literal(ty).to_owned()
    }

    fn literal(&mut self, ty: Type) -> &'static str {
        if self.chance(0.05) {
            return match ty {
                Type::Int => "CAST(NULL AS INT)",
                Type::Decimal => "CAST(NULL AS DECIMAL(10, 2))",
                Type::Double => "CAST(NULL AS DOUBLE)",
                Type::Text => "CAST(NULL AS STRING)",
                Type::Bool => "CAST(NULL AS BOOLEAN)",
                Type::Time => "CAST(NULL AS TIMESTAMP(3))",
                Type::Date => "CAST(NULL AS DATE)",
            };
        }
        match ty {
            Type::Int => self.choose(&["0", "1", "2", "3", "-1", "7"]),
            Type::Decimal => self.choose(&["0.5", "1.00", "-2.25", "10.0"]),
            Type::Double => self.choose(&["CAST(0.5 AS DOUBLE)", "2E0", "-1.5E0"]),
            Type::Text => self.choose(&["''", "'a'", "'b'", "'ab'", "'x y'", "'é'"]),
            Type::Bool => self.choose(&["TRUE", "FALSE"]),
            Type::Time => self.choose(&[
                "TIMESTAMP '1970-01-01 00:00:00'",
                "TIMESTAMP '1969-12-31 23:59:58.5'",
                "TIMESTAMP '2024-03-01 00:00:00'",
            ]),
            Type::Date => self.choose(&[
                "DATE '1970-01-01'",
                "DATE '1960-02-29'",
                "DATE '2024-02-29'",
            ]),
        }
    }

    fn integer(&mut self, scope: &[Column], depth: u32) -> String {
        let a = self.expression(Type::Int, scope, depth);
        match self.below(14) {
            0..=3 => {
                let b = self.leaf(Type::Int, scope);
                let sign = self.choose(&["+", "-", "*"]);
                format!("({a} {sign} {b})")
            }
            4 => {
                let (sign, by) = (self.choose(&["/", "%"]), self.choose(&["2", "3", "-2"]));
                format!("({a} {sign} {by})")
            }
            5 => format!("ABS({a})"),
            6 => format!("SIGN({a})"),
            7 => format!("CHAR_LENGTH({})", self.expression(Type::Text, scope, depth)),
            8 => {
                let unit = self.choose(&["YEAR", "MONTH", "DAY", "HOUR", "SECOND", "DOW", "WEEK"]);
                format!(
                    "EXTRACT({unit} FROM {})",
                    self.expression(Type::Time, scope, depth)
                )
            }
            9 => {
                let (from, to) = (self.leaf(Type::Time, scope), self.leaf(Type::Time, scope));
                format!("TIMESTAMPDIFF({}, {from}, {to})", self.choose(&UNITS))
            }
            10 => {
                let (part, text) = (self.leaf(Type::Text, scope), self.leaf(Type::Text, scope));
                format!("POSITION({part} IN {text})")
            }
            11 => format!(
                "CAST({} AS INT)",
                self.expression(Type::Decimal, scope, depth)
            ),
            12 => format!(
                "TRY_CAST({} AS INT)",
                self.expression(Type::Text, scope, depth)
            ),
            _ => format!("CAST({a} AS BIGINT)"),
        }
    }

    fn decimal(&mut self, scope: &[Column], depth: u32) -> String {
        let a = self.expression(Type::Decimal, scope, depth);
        match self.below(8) {
            0..=2 => {
                let b = self.leaf(Type::Decimal, scope);
                let sign = self.choose(&["+", "-", "*"]);
                format!("({a} {sign} {b})")
            }
            3 => format!("({a} / {})", self.choose(&["2", "3", "0.7"])),
            4 => format!("ROUND({a}, {})", self.choose(&["0", "1", "-1"])),
            5 => format!("CAST({} AS DECIMAL(12, 2))", self.leaf(Type::Int, scope)),
            6 => {
                let name = self.choose(&["FLOOR", "CEIL", "ABS", "SIGN"]);
                format!("{name}({a})")
            }
            _ => format!("CAST({a} AS DECIMAL(8, 1))"),
        }
    }

    fn double(&mut self, scope: &[Column], depth: u32) -> String {
        let a = self.expression(Type::Double, scope, depth);
        match self.below(5) {
            0 | 1 => {
                let b = self.leaf(Type::Double, scope);
                let sign = self.choose(&["+", "-", "*"]);
                format!("({a} {sign} {b})")
            }
            2 => format!("CAST({} AS DOUBLE)", self.leaf(Type::Int, scope)),
            3 => {
                let name = self.choose(&["FLOOR", "CEIL", "ABS"]);
                format!("{name}({a})")
            }
            _ => format!("(- {a})"),
        }
    }

    fn text(&mut self, scope: &[Column], depth: u32) -> String {
        let a = self.expression(Type::Text, scope, depth);
        match self.below(14) {
            0..=1 => format!("({a} || {})", self.leaf(Type::Text, scope)),
            2 => {
                let name = self.choose(&[
                    "UPPER", "LOWER", "TRIM", "REVERSE", "INITCAP", "LTRIM", "RTRIM",
                ]);
                format!("{name}({a})")
            }
            3 => format!(
                "SUBSTRING({a}, {}, {})",
                self.choose(&["1", "2", "0", "-1"]),
                self.choose(&["1", "2", "0"])
            ),
            4 => {
                let ty = self.some_type();
                // Doubles have a test of their own: how they are printed.
                let ty = if ty == Type::Double { Type::Int } else { ty };
                format!("CAST({} AS STRING)", self.expression(ty, scope, depth))
            }
            5 => format!("REPLACE({a}, 'a', {})", self.leaf(Type::Text, scope)),
            6 => {
                let name = self.choose(&["LPAD", "RPAD"]);
                format!("{name}({a}, {}, 'xy')", self.choose(&["0", "1", "4"]))
            }
            7 => {
                let name = self.choose(&["LEFT", "RIGHT", "REPEAT"]);
                format!("{name}({a}, {})", self.choose(&["0", "1", "2", "-1"]))
            }
            8 => format!(
                "DATE_FORMAT({}, {})",
                self.expression(Type::Time, scope, depth),
                self.choose(&["'yyyy-MM-dd HH:mm'", "'yyyyMMdd'", "'HH:mm:ss.SSS'"])
            ),
            9 => format!(
                "SPLIT_INDEX({a}, {}, 0)",
                self.choose(&["'a'", "' '", "'b'"])
            ),
            10 => format!("CONCAT_WS('-', {a}, {})", self.leaf(Type::Text, scope)),
            11 => format!("REGEXP_REPLACE({a}, '[ab]+', 'z')"),
            12 => format!(
                "REGEXP_EXTRACT({a}, '(a)(b?)', {})",
                self.choose(&["0", "1", "2"])
            ),
            _ => format!("CONCAT({a}, {})", self.leaf(Type::Text, scope)),
        }
    }

    fn time(&mut self, scope: &[Column], depth: u32) -> String {
        let a = self.expression(Type::Time, scope, depth);
        match self.below(5) {
            0 => {
                let sign = self.choose(&["+", "-"]);
                format!(
                    "({a} {sign} INTERVAL '{}' {})",
                    self.choose(&["1", "13"]),
                    self.choose(&UNITS)
                )
            }
            1 => {
                let name = self.choose(&["FLOOR", "CEIL"]);
                format!("{name}({a} TO {})", self.choose(&UNITS))
            }
            2 => format!(
                "CAST({} AS TIMESTAMP(3))",
                self.expression(Type::Date, scope, depth)
            ),
            3 => format!(
                "TIMESTAMPADD({}, {}, {a})",
                self.choose(&UNITS),
                self.choose(&["1", "-3"])
            ),
            _ => format!("TO_TIMESTAMP(DATE_FORMAT({a}, 'yyyy-MM-dd HH:mm:ss'))"),
        }
    }

    fn date(&mut self, scope: &[Column], depth: u32) -> String {
        let a = self.expression(Type::Date, scope, depth);
        match self.below(3) {
            0 => {
                let sign = self.choose(&["+", "-"]);
                format!(
                    "({a} {sign} INTERVAL '{}' {})",
                    self.choose(&["1", "13"]),
                    self.choose(&["DAY", "MONTH", "YEAR"])
                )
            }
            1 => format!("FLOOR({a} TO {})", self.choose(&["MONTH", "YEAR"])),
            _ => format!(
                "CAST({} AS DATE)",
                self.expression(Type::Time, scope, depth)
            ),
        }
    }

    /// A condition over `scope`.
    pub fn condition(&mut self, scope: &[Column], depth: u32) -> String {
        if depth == 0 {
            return self.comparison(scope, 0);
        }
        let next = depth - 1;
        match self.below(14) {
            0 | 1 => {
                let (a, b) = (self.condition(scope, next), self.condition(scope, next));
                format!("({a} {} {b})", self.choose(&["AND", "OR"]))
            }
            2 => format!("(NOT {})", self.condition(scope, next)),
            3 => {
                let test = self.choose(&[
                    "IS TRUE",
                    "IS NOT TRUE",
                    "IS FALSE",
                    "IS NOT FALSE",
                    "IS UNKNOWN",
                    "IS NOT UNKNOWN",
                ]);
                format!("({} {test})", self.condition(scope, next))
            }
            4 => {
                let ty = self.some_type();
                let test = self.choose(&["IS NULL", "IS NOT NULL"]);
                format!("({} {test})", self.expression(ty, scope, next))
            }
            5 => {
                let not = self.choose(&["", "NOT "]);
                let pattern = self.choose(&["'a%'", "'%b'", "'_'", "'%'", "'% %'", "''"]);
                format!(
                    "({} {not}LIKE {pattern})",
                    self.expression(Type::Text, scope, next)
                )
            }
            6 => {
                let ty = self.some_type();
                let not = self.choose(&["", "NOT "]);
                let a = self.expression(ty, scope, next);
                let (b, c) = (self.literal(ty), self.leaf(ty, scope));
                format!("({a} {not}IN ({b}, {c}))")
            }
            7 => {
                let ty = self.some_type();
                let not = self.choose(&["", "NOT "]);
                let (a, b, c) = (
                    self.expression(ty, scope, next),
                    self.leaf(ty, scope),
                    self.leaf(ty, scope),
                );
                format!("({a} {not}BETWEEN {b} AND {c})")
            }
            8 | 9 if self.sub_queries > 0 => self.condition_with_sub_query(scope),
            _ => self.comparison(scope, next),
        }
    }

    fn comparison(&mut self, scope: &[Column], depth: u32) -> String {
        let ty = self.some_type();
        let (a, b) = (self.expression(ty, scope, depth), self.leaf(ty, scope));
        let sign = self.choose(&[
            "=",
            "=",
            "=",
            "<>",
            "<",
            "<=",
            ">",
            ">=",
            "IS DISTINCT FROM",
            "IS NOT DISTINCT FROM",
        ]);
        format!("({a} {sign} {b})")
    }
}
