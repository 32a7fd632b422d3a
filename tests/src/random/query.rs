//! Random queries: what is read, joined, grouped, ranked and put together.

use rand::Rng;
use rand::rngs::StdRng;

/// What is told apart of types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Int,
    Decimal,
    Double,
    Text,
    Bool,
    Time,
    Date,
}

/// A column in scope.
#[derive(Clone, Debug)]
pub struct Column {
    pub sql: String,
    pub ty: Type,
}

impl Column {
    pub fn new(sql: impl Into<String>, ty: Type) -> Column {
        let sql = sql.into();
        Column { sql, ty }
    }
}

/// A query's text, and the types of its columns `c0`, `c1`, ...
pub type Query = (String, Vec<Type>);

/// Writes one query.
pub struct Writer {
    random: StdRng,
    aliases: usize,
    /// How many sub-queries may still stand in expressions.
    pub sub_queries: u32,
    /// How many of them may stand in another one.
    pub nested: u32,
    /// Whether an aggregate without keys was written, which gives a row for no rows.
    pub keyless: bool,
}

impl Writer {
    pub fn new(random: StdRng) -> Writer {
        Writer {
            random,
            aliases: 0,
            sub_queries: 0,
            nested: 2,
            keyless: false,
        }
    }

    pub fn below(&mut self, bound: usize) -> usize {
        self.random.random_range(0..bound)
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.random.random_bool(probability)
    }

    pub fn choose<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub fn some_type(&mut self) -> Type {
        self.choose(&[
            Type::Int,
            Type::Int,
            Type::Int,
            Type::Decimal,
            Type::Double,
            Type::Text,
            Type::Text,
            Type::Bool,
            Type::Time,
            Type::Date,
        ])
    }

    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("q{}", self.aliases)
    }

    /// `a AS c0, b AS c1, ...`
    pub fn named(&mut self, items: &[String]) -> String {
        let named = items
            .iter()
            .enumerate()
            .map(|(i, item)| format!("{item} AS c{i}"));
        named.collect::<Vec<_>>().join(", ")
    }

    /// A whole statement.
    pub fn statement(&mut self) -> String {
        if self.chance(0.2) {
            return self.time_query();
        }
        if self.chance(0.1) {
            let (with, types) = self.query(1);
            let (left, right) = (scope("l", &types), scope("r", &types));
            let on = self.equality(&left, &right);
            let both: Vec<Column> = left.into_iter().chain(right).collect();
            let items = self.items(&both, 3);
            let list = self.named(
                &items
                    .iter()
                    .map(|item| item.sql.clone())
                    .collect::<Vec<_>>(),
            );
            let kind = self.choose(&["JOIN", "LEFT JOIN"]);
            return format!("WITH q AS ({with}) SELECT {list} FROM q AS l {kind} q AS r ON {on}");
        }
        self.query(2).0
    }

    fn query(&mut self, depth: u32) -> Query {
        match self.below(12) {
            0..=2 => self.select(depth, false),
            3..=6 => self.group(depth),
            7 => self.select(depth, true),
            8 if depth > 0 => self.set_operation(depth),
            9 => self.rank(depth),
            10 => self.over(depth),
            11 => self.first_rows(depth),
            _ => self.select(depth, false),
        }
    }

    /// A table, with its columns.
    pub fn table(&mut self) -> (String, Vec<Column>) {
        let alias = self.alias();
        let name = self.choose(&["t", "t", "u", "u", "v"]);
        let columns: &[(&str, Type)] = match name {
            "v" => &[
                ("id", Type::Int),
                ("k", Type::Int),
                ("s", Type::Text),
                ("r.x", Type::Int),
                ("r.y", Type::Text),
                ("a[1]", Type::Int),
                ("m['a']", Type::Int),
                ("CARDINALITY({}.a)", Type::Int),
            ],
            _ => &[
                ("id", Type::Int),
                ("k", Type::Int),
                ("n", Type::Int),
                ("s", Type::Text),
                ("d", Type::Decimal),
                ("x", Type::Double),
                ("b", Type::Bool),
                ("ts", Type::Time),
                ("dt", Type::Date),
            ],
        };
        let named = |&(name, ty): &(&str, Type)| match name.contains("{}") {
            true => Column::new(name.replace("{}", &alias), ty),
            false => Column::new(format!("{alias}.{name}"), ty),
        };
        (
            format!("{name} AS {alias}"),
            columns.iter().map(named).collect(),
        )
    }

    /// What stands behind FROM.
    pub fn from(&mut self, depth: u32) -> (String, Vec<Column>) {
        match self.below(10) {
            0..=3 => self.table(),
            4 if depth > 0 => {
                let (query, types) = self.query(depth - 1);
                let alias = self.alias();
                (format!("({query}) AS {alias}"), scope(&alias, &types))
            }
            5 if self.chance(0.4) => self.lateral(),
            5 => self.unnest(),
            6..=9 if depth > 0 => self.join(depth - 1),
            _ => self.table(),
        }
    }

    fn unnest(&mut self) -> (String, Vec<Column>) {
        let (table, alias) = (self.alias(), self.alias());
        let mut columns = vec![
            Column::new(format!("{table}.id"), Type::Int),
            Column::new(format!("{table}.k"), Type::Int),
            Column::new(format!("{table}.s"), Type::Text),
            Column::new(format!("{alias}.e"), Type::Int),
        ];
        let (of, names) = self.choose(&[("a", "e"), ("a", "e, o"), ("ra", "e, f"), ("m", "f, e")]);
        if names.ends_with('f') || names.starts_with('f') {
            columns.push(Column::new(format!("{alias}.f"), Type::Text));
        }
        let ordinality = match names {
            "e, o" => {
                columns.push(Column::new(format!("{alias}.o"), Type::Int));
                " WITH ORDINALITY"
            }
            _ => "",
        };
        let (kind, on) = self.choose(&[("CROSS JOIN", ""), ("LEFT JOIN", " ON TRUE")]);
        let sql = format!(
            "v AS {table} {kind} UNNEST({table}.{of}){ordinality} AS {alias} ({names}){on}"
        );
        (sql, columns)
    }

    fn join(&mut self, depth: u32) -> (String, Vec<Column>) {
        let (left, mut columns) = self.from(depth);
        let (right, others) = match self.chance(0.7) {
            true => self.table(),
            false => {
                let (query, types) = self.query(depth.saturating_sub(1));
                let alias = self.alias();
                (format!("({query}) AS {alias}"), scope(&alias, &types))
            }
        };
        let kind = self.choose(&["JOIN", "LEFT JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN"]);
        let mut on = match self.chance(0.9) {
            true => vec![self.equality(&columns, &others)],
            false => Vec::new(),
        };
        columns.extend(others);
        if on.is_empty() || self.chance(0.35) {
            let (sub_queries, depth) = (std::mem::take(&mut self.sub_queries), 1);
            on.push(self.condition(&columns, depth));
            self.sub_queries = sub_queries;
        }
        (
            format!("{left} {kind} {right} ON {}", on.join(" AND ")),
            columns,
        )
    }

    /// Columns of both sides that are equal.
    fn equality(&mut self, left: &[Column], right: &[Column]) -> String {
        for _ in 0..20 {
            let (a, b) = (
                &left[self.below(left.len())],
                &right[self.below(right.len())],
            );
            if a.ty == b.ty {
                let sign = self.choose(&["=", "=", "=", "=", "IS NOT DISTINCT FROM"]);
                return format!("{} {sign} {}", a.sql, b.sql);
            }
        }
        "TRUE".to_owned()
    }

    pub fn filter(&mut self, scope: &[Column], depth: u32) -> String {
        match self.chance(0.5) {
            true => format!(" WHERE {}", self.condition(scope, depth)),
            false => String::new(),
        }
    }

    fn filter_with_sub_queries(&mut self, scope: &[Column]) -> String {
        self.sub_queries = 1;
        let filter = match self.chance(0.2) {
            true => format!(" WHERE {}", self.condition_with_sub_query(scope)),
            false => self.filter(scope, 2),
        };
        self.sub_queries = 0;
        filter
    }

    /// Some expressions over the scope.
    pub fn items(&mut self, scope: &[Column], most: usize) -> Vec<Column> {
        (0..=self.below(most))
            .map(|_| match self.chance(0.5) {
                true => scope[self.below(scope.len())].clone(),
                false => {
                    let ty = self.some_type();
                    Column::new(self.expression(ty, scope, 2), ty)
                }
            })
            .collect()
    }

    pub fn list(&mut self, items: &[Column]) -> (String, Vec<Type>) {
        let texts: Vec<String> = items.iter().map(|item| item.sql.clone()).collect();
        (
            self.named(&texts),
            items.iter().map(|item| item.ty).collect(),
        )
    }

    fn select(&mut self, depth: u32, distinct: bool) -> Query {
        let (from, scope) = self.from(depth);
        let filter = self.filter_with_sub_queries(&scope);
        self.sub_queries = u32::from(self.chance(0.15));
        let items = self.items(&scope, 4);
        self.sub_queries = 0;
        let (list, types) = self.list(&items);
        let distinct = if distinct { "DISTINCT " } else { "" };
        (
            format!("SELECT {distinct}{list} FROM {from}{filter}"),
            types,
        )
    }

    /// An aggregate call whose result does not depend on the order of rows.
    pub fn aggregate(&mut self, scope: &[Column]) -> (String, Type) {
        let ty = self.some_type();
        let value = match self.chance(0.7) {
            true => self.leaf(ty, scope),
            false => self.expression(ty, scope, 1),
        };
        let distinct = self.choose(&["", "", "DISTINCT "]);
        let number = matches!(ty, Type::Int | Type::Decimal | Type::Double);
        let (call, ty) = match self.below(10) {
            0 | 1 => ("COUNT(*)".to_owned(), Type::Int),
            2 => (format!("COUNT({distinct}{value})"), Type::Int),
            3 | 4 if number => (format!("SUM({distinct}{value})"), ty),
            5 if number => (format!("AVG({distinct}{value})"), ty),
            6 if ty == Type::Text => {
                let other = self.leaf(Type::Int, scope);
                (format!("COUNT(DISTINCT {value}, {other})"), Type::Int)
            }
            // Their results are not exact, and nothing is to be compared with them.
            6 if ty == Type::Int => {
                let name = self.choose(&["VAR_POP", "STDDEV_SAMP", "STDDEV_POP", "VAR_SAMP"]);
                (
                    format!("CAST(ROUND({name}({value}), 3) AS DECIMAL(20, 3))"),
                    Type::Decimal,
                )
            }
            7 | 8 => (format!("MIN({value})"), ty),
            _ => (format!("MAX({distinct}{value})"), ty),
        };
        if call.starts_with("CAST") || self.chance(0.8) {
            return (call, ty);
        }
        let sub_queries = std::mem::take(&mut self.sub_queries);
        let call = format!("{call} FILTER (WHERE {})", self.condition(scope, 1));
        self.sub_queries = sub_queries;
        (call, ty)
    }

    fn group(&mut self, depth: u32) -> Query {
        let (from, scope) = self.from(depth);
        let filter = self.filter_with_sub_queries(&scope);
        let keys: Vec<Column> = match self.chance(0.8) {
            true => self.items(&scope, 3),
            false => Vec::new(),
        };
        self.keyless |= keys.is_empty();
        let mut items = keys.clone();
        for _ in 0..=self.below(3) {
            let (call, ty) = self.aggregate(&scope);
            items.push(Column::new(call, ty));
        }
        let texts: Vec<&str> = keys.iter().map(|key| key.sql.as_str()).collect();
        let all = texts.join(", ");
        let group = match (keys.len(), self.below(8)) {
            (0, _) => String::new(),
            // Their empty set is an aggregate without keys, too.
            (_, 0) => format!(" GROUP BY ROLLUP ({all})"),
            (_, 1) => format!(" GROUP BY CUBE ({all})"),
            (_, 2) => format!(" GROUP BY GROUPING SETS (({all}), ({}), ())", texts[0]),
            _ => format!(" GROUP BY {all}"),
        };
        if group.contains('(') && !group.starts_with(" GROUP BY (") && self.chance(0.4) {
            let grouped = ["ROLLUP", "CUBE", "SETS"]
                .iter()
                .any(|word| group.contains(word));
            if grouped {
                items.push(Column::new(format!("GROUPING({})", texts[0]), Type::Int));
            }
        }
        let having = match !keys.is_empty() && self.chance(0.25) {
            true => {
                let sign = self.choose(&[">", "<=", "="]);
                let (call, ty) = self.aggregate(&scope);
                format!(" HAVING {call} {sign} {}", self.leaf(ty, &[]))
            }
            false => String::new(),
        };
        let (list, types) = self.list(&items);
        (
            format!("SELECT {list} FROM {from}{filter}{group}{having}"),
            types,
        )
    }

    fn set_operation(&mut self, depth: u32) -> Query {
        let types: Vec<Type> = (0..=self.below(2)).map(|_| self.some_type()).collect();
        let mut sql = self.side(&types, depth - 1);
        for _ in 0..=self.below(2) {
            let operation = self.choose(&[
                "UNION",
                "INTERSECT",
                "EXCEPT",
                "UNION ALL",
                "INTERSECT ALL",
                "EXCEPT ALL",
            ]);
            let side = self.side(&types, depth - 1);
            sql = format!("{sql} {operation} {side}");
        }
        // Its precedence is its own.
        (format!("SELECT * FROM ({sql}) AS {}", self.alias()), types)
    }

    fn side(&mut self, types: &[Type], depth: u32) -> String {
        let (from, scope) = self.from(depth);
        let filter = self.filter(&scope, 1);
        let items: Vec<Column> = types
            .iter()
            .map(|&ty| Column::new(self.expression(ty, &scope, 1), ty))
            .collect();
        let (list, _) = self.list(&items);
        format!("SELECT {list} FROM {from}{filter}")
    }
}

/// The columns `c0`, `c1`, ... of a query under an alias.
pub fn scope(alias: &str, types: &[Type]) -> Vec<Column> {
    let columns = types.iter().enumerate();
    columns
        .map(|(i, &ty)| Column::new(format!("{alias}.c{i}"), ty))
        .collect()
}
