//! Expressions.
use super::{DataType, Ident, IntervalQualifier, ObjectName, OrderItem, Query, WindowSpec};
use crate::span::Span;

/// An expression. Parentheses leave no node; the tree's shape says what they said.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands, parentheses included.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// `a`, `t.a`, `db.t.a.f`: which part is what, the binder finds out.
    Column(ObjectName),
    /// `op x`
    Unary {
        /// The operator.
        op: UnaryOp,
        /// Its operand.
        expr: Box<Expr>,
    },
    /// `x op y`
    Binary {
        /// Left operand.
        left: Box<Expr>,
        /// The operator.
        op: BinaryOp,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `x IS [NOT] NULL` and its kin
    Is {
        /// What is tested.
        expr: Box<Expr>,
        /// IS NOT.
        negated: bool,
        /// For what.
        test: IsTest,
    },
    /// `x IS [NOT] DISTINCT FROM y`
    IsDistinctFrom {
        /// Left operand.
        left: Box<Expr>,
        /// IS NOT DISTINCT FROM.
        negated: bool,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `x [NOT] BETWEEN [SYMMETRIC] low AND high`
    Between {
        /// What is tested.
        expr: Box<Expr>,
        /// NOT BETWEEN.
        negated: bool,
        /// Bounds may be in either order.
        symmetric: bool,
        /// Lower bound, inclusive.
        low: Box<Expr>,
        /// Upper bound, inclusive.
        high: Box<Expr>,
    },
    /// `x [NOT] IN (a, b)`
    InList {
        /// What is looked for.
        expr: Box<Expr>,
        /// NOT IN.
        negated: bool,
        /// Where; not empty.
        list: Vec<Expr>,
    },
    /// `x [NOT] IN (SELECT ..)`
    InQuery {
        /// What is looked for.
        expr: Box<Expr>,
        /// NOT IN.
        negated: bool,
        /// Where.
        query: Box<Query>,
    },
    /// `x [NOT] LIKE p [ESCAPE e]`, `x [NOT] SIMILAR TO p [ESCAPE e]`
    Like {
        /// What is matched.
        expr: Box<Expr>,
        /// NOT LIKE.
        negated: bool,
        /// SIMILAR TO instead of LIKE.
        similar: bool,
        /// The pattern.
        pattern: Box<Expr>,
        /// The escape character.
        escape: Option<Box<Expr>>,
    },
    /// `x = ANY (..)`
    Quantified {
        /// Left operand.
        left: Box<Expr>,
        /// A comparison.
        op: BinaryOp,
        /// ANY, SOME or ALL.
        quantifier: Quantifier,
        /// What it ranges over.
        right: QuantifiedSet,
    },
    /// `EXISTS (SELECT ..)`
    Exists(Box<Query>),
    /// `(SELECT ..)` as a value
    Subquery(Box<Query>),
    /// `CASE [x] WHEN .. THEN .. [ELSE ..] END`
    Case {
        /// What each WHEN is compared with, if written.
        operand: Option<Box<Expr>>,
        /// Conditions and results; not empty.
        branches: Vec<(Expr, Expr)>,
        /// The ELSE result.
        otherwise: Option<Box<Expr>>,
    },
    /// `CAST(x AS t)`, `TRY_CAST(x AS t)`
    Cast {
        /// TRY_CAST: NULL where the cast fails.
        try_cast: bool,
        /// What is cast.
        expr: Box<Expr>,
        /// To what.
        data_type: DataType,
    },
    /// `EXTRACT(unit FROM x)`
    Extract {
        /// The part.
        unit: TimeUnit,
        /// Of what.
        expr: Box<Expr>,
    },
    /// `TRIM([BOTH|LEADING|TRAILING] [what] FROM x)`; plain `TRIM(x)` is a call
    Trim {
        /// Which ends.
        side: TrimSide,
        /// Which characters; blanks if not written.
        what: Option<Box<Expr>>,
        /// From what.
        expr: Box<Expr>,
    },
    /// `SUBSTRING(x FROM a [FOR b])`; with commas it is a call
    Substring {
        /// The string.
        expr: Box<Expr>,
        /// First character, from 1.
        from: Box<Expr>,
        /// How many characters.
        length: Option<Box<Expr>>,
    },
    /// `OVERLAY(x PLACING y FROM a [FOR b])`
    Overlay {
        /// The string.
        expr: Box<Expr>,
        /// What is put in.
        placing: Box<Expr>,
        /// Where, from 1.
        from: Box<Expr>,
        /// How many characters go away.
        length: Option<Box<Expr>>,
    },
    /// `POSITION(a IN b [FROM n])`
    Position {
        /// What is looked for.
        needle: Box<Expr>,
        /// Where.
        haystack: Box<Expr>,
        /// From which character.
        from: Option<Box<Expr>>,
    },
    /// `CEIL(x TO unit)`, `FLOOR(x TO unit)`; without a unit it is a call
    RoundTime {
        /// CEIL instead of FLOOR.
        ceil: bool,
        /// What is rounded.
        expr: Box<Expr>,
        /// To what.
        unit: TimeUnit,
    },
    /// `TIMESTAMPADD(unit, n, t)`
    TimestampAdd {
        /// The unit.
        unit: TimeUnit,
        /// How many.
        count: Box<Expr>,
        /// To what.
        time: Box<Expr>,
    },
    /// `TIMESTAMPDIFF(unit, a, b)`: b - a
    TimestampDiff {
        /// The unit.
        unit: TimeUnit,
        /// Where counting starts.
        from: Box<Expr>,
        /// Where it ends.
        to: Box<Expr>,
    },
    /// A function call of the ordinary form.
    Call(Box<FunctionCall>),
    /// One of the JSON functions with clauses.
    Json(Box<JsonCall>),
    /// `ROW(a, b)` or `(a, b)`
    Row(Vec<Expr>),
    /// `ARRAY[a, b]`
    Array(Vec<Expr>),
    /// `MAP[k, v, ..]`
    Map(Vec<(Expr, Expr)>),
    /// `x[i]`
    Element {
        /// An array, map or row.
        expr: Box<Expr>,
        /// Index (from 1) or key.
        index: Box<Expr>,
    },
    /// `(x).f`, `f(x).g`
    Field {
        /// A row.
        expr: Box<Expr>,
        /// Its field.
        field: Ident,
    },
}

/// A constant, as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Literal {
    /// NULL
    Null,
    /// TRUE, FALSE
    Boolean(bool),
    /// UNKNOWN: a boolean NULL
    Unknown,
    /// A number: INT or BIGINT without point, DECIMAL with one, DOUBLE with an exponent
    Number(String),
    /// 'text'
    String(String),
    /// X'00ff'
    Binary(Vec<u8>),
    /// DATE '2020-01-01'
    Date(String),
    /// TIME '10:00:00'
    Time(String),
    /// TIMESTAMP '2020-01-01 10:00:00'
    Timestamp(String),
    /// INTERVAL '1' DAY
    Interval {
        /// A minus before the string.
        negative: bool,
        /// The string.
        value: String,
        /// The units.
        qualifier: IntervalQualifier,
    },
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// NOT
    Not,
    /// -
    Minus,
    /// +
    Plus,
}

/// Infix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// OR
    Or,
    /// AND
    And,
    /// =
    Equal,
    /// <>, !=
    NotEqual,
    /// <
    Less,
    /// <=
    LessEqual,
    /// >
    Greater,
    /// >=
    GreaterEqual,
    /// OVERLAPS
    Overlaps,
    /// +
    Plus,
    /// -
    Minus,
    /// *
    Multiply,
    /// /
    Divide,
    /// %
    Modulo,
    /// ||
    Concat,
}

/// What IS asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IsTest {
    /// NULL
    Null,
    /// TRUE
    True,
    /// FALSE
    False,
    /// UNKNOWN
    Unknown,
    /// `JSON [VALUE]`
    JsonValue,
    /// JSON OBJECT
    JsonObject,
    /// JSON ARRAY
    JsonArray,
    /// JSON SCALAR
    JsonScalar,
}

/// Of a quantified comparison. SOME means ANY.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// ANY, SOME
    Any,
    /// ALL
    All,
}

/// What a quantified comparison ranges over.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QuantifiedSet {
    /// Listed values.
    List(Vec<Expr>),
    /// A query's rows.
    Query(Box<Query>),
}

/// Which ends TRIM cuts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrimSide {
    /// BOTH
    Both,
    /// LEADING
    Leading,
    /// TRAILING
    Trailing,
}

/// `f([DISTINCT] args) [..] [FILTER (WHERE ..)] [OVER ..]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionCall {
    /// The function.
    pub name: ObjectName,
    /// Called without parentheses (CURRENT_DATE).
    pub niladic: bool,
    /// DISTINCT or ALL before the arguments.
    pub quantifier: Option<SetQuantifier>,
    /// `f(*)`; then there are no arguments.
    pub star: bool,
    /// The arguments.
    pub args: Vec<FunctionArg>,
    /// ORDER BY inside the parentheses.
    pub order_by: Vec<OrderItem>,
    /// RESPECT or IGNORE NULLS.
    pub nulls: Option<NullTreatment>,
    /// WITHIN GROUP (ORDER BY ..)
    pub within_group: Vec<OrderItem>,
    /// FILTER (WHERE ..)
    pub filter: Option<Box<Expr>>,
    /// OVER
    pub over: Option<Over>,
    /// Where it stands.
    pub span: Span,
}

/// An argument, by position or by name.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FunctionArg {
    /// `name => ..`
    pub name: Option<Ident>,
    /// Its value.
    pub value: ArgValue,
    /// Where it stands.
    pub span: Span,
}

/// What can be passed to a function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ArgValue {
    /// A value.
    Expr(Expr),
    /// `TABLE t [PARTITION BY ..] [ORDER BY ..]` or `(SELECT ..) PARTITION BY ..`
    Table(Box<TableArg>),
    /// `DESCRIPTOR(a, b)`
    Descriptor(Vec<Ident>),
    /// `DEFAULT`
    Default,
}

/// A table passed to a table function.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableArg {
    /// The table.
    pub source: TableArgSource,
    /// PARTITION BY
    pub partition_by: Vec<Expr>,
    /// ORDER BY
    pub order_by: Vec<OrderItem>,
    /// Where it stands.
    pub span: Span,
}

/// Where a table argument's rows come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TableArgSource {
    /// `TABLE t`
    Named(ObjectName),
    /// `TABLE (SELECT ..)` or `(SELECT ..) PARTITION BY`
    Query(Box<Query>),
}

/// DISTINCT or ALL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetQuantifier {
    /// DISTINCT
    Distinct,
    /// ALL
    All,
}

/// What an aggregate does with NULLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NullTreatment {
    /// RESPECT NULLS
    Respect,
    /// IGNORE NULLS
    Ignore,
}

/// OVER's operand.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Over {
    /// OVER w
    Name(Ident),
    /// OVER (..)
    Spec(Box<WindowSpec>),
}

/// The JSON functions whose arguments are clauses (SQL:2016).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JsonCall {
    /// JSON_VALUE
    Value {
        /// The document.
        input: Expr,
        /// The path.
        path: Expr,
        /// RETURNING
        returning: Option<DataType>,
        /// ON EMPTY
        on_empty: Option<JsonBehavior>,
        /// ON ERROR
        on_error: Option<JsonBehavior>,
    },
    /// JSON_QUERY
    Query {
        /// The document.
        input: Expr,
        /// The path.
        path: Expr,
        /// RETURNING
        returning: Option<DataType>,
        /// WITH or WITHOUT WRAPPER
        wrapper: Option<JsonWrapper>,
        /// ON EMPTY
        on_empty: Option<JsonBehavior>,
        /// ON ERROR
        on_error: Option<JsonBehavior>,
    },
    /// JSON_EXISTS
    Exists {
        /// The document.
        input: Expr,
        /// The path.
        path: Expr,
        /// ON ERROR
        on_error: Option<JsonBehavior>,
    },
    /// JSON_OBJECT
    Object {
        /// Keys and values.
        entries: Vec<(Expr, Expr)>,
        /// ON NULL
        nulls: Option<JsonNulls>,
    },
    /// JSON_ARRAY
    Array {
        /// The elements.
        items: Vec<Expr>,
        /// ON NULL
        nulls: Option<JsonNulls>,
    },
    /// JSON_OBJECTAGG
    ObjectAgg {
        /// The key.
        key: Expr,
        /// The value.
        value: Expr,
        /// ON NULL
        nulls: Option<JsonNulls>,
        /// FILTER (WHERE ..)
        filter: Option<Expr>,
    },
    /// JSON_ARRAYAGG
    ArrayAgg {
        /// The element.
        item: Expr,
        /// ORDER BY
        order_by: Vec<OrderItem>,
        /// ON NULL
        nulls: Option<JsonNulls>,
        /// FILTER (WHERE ..)
        filter: Option<Expr>,
    },
}

/// What a JSON function does on empty or on error.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JsonBehavior {
    /// NULL
    Null,
    /// ERROR
    Error,
    /// DEFAULT x
    Default(Expr),
    /// EMPTY ARRAY
    EmptyArray,
    /// EMPTY OBJECT
    EmptyObject,
    /// TRUE
    True,
    /// FALSE
    False,
    /// UNKNOWN
    Unknown,
}

/// Whether JSON_QUERY wraps its result in an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonWrapper {
    /// WITHOUT ARRAY WRAPPER
    Without,
    /// WITH CONDITIONAL ARRAY WRAPPER
    Conditional,
    /// `WITH [UNCONDITIONAL] ARRAY WRAPPER`
    Unconditional,
}

/// What a JSON constructor does with NULL values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonNulls {
    /// NULL ON NULL
    Null,
    /// ABSENT ON NULL
    Absent,
}

/// Units of time, in EXTRACT, intervals, rounding and arithmetic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)]
pub enum TimeUnit {
    Nanosecond,
    Microsecond,
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Quarter,
    Year,
    Decade,
    Century,
    Millennium,
    Epoch,
    Dow,
    Isodow,
    Doy,
    Isoyear,
}

impl TimeUnit {
    const NAMES: [(TimeUnit, &'static str); 19] = [
        (TimeUnit::Nanosecond, "NANOSECOND"),
        (TimeUnit::Microsecond, "MICROSECOND"),
        (TimeUnit::Millisecond, "MILLISECOND"),
        (TimeUnit::Second, "SECOND"),
        (TimeUnit::Minute, "MINUTE"),
        (TimeUnit::Hour, "HOUR"),
        (TimeUnit::Day, "DAY"),
        (TimeUnit::Week, "WEEK"),
        (TimeUnit::Month, "MONTH"),
        (TimeUnit::Quarter, "QUARTER"),
        (TimeUnit::Year, "YEAR"),
        (TimeUnit::Decade, "DECADE"),
        (TimeUnit::Century, "CENTURY"),
        (TimeUnit::Millennium, "MILLENNIUM"),
        (TimeUnit::Epoch, "EPOCH"),
        (TimeUnit::Dow, "DOW"),
        (TimeUnit::Isodow, "ISODOW"),
        (TimeUnit::Doy, "DOY"),
        (TimeUnit::Isoyear, "ISOYEAR"),
    ];

    /// The unit's keyword.
    pub fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(unit, _)| *unit == self)
            .map_or("", |(_, name)| name)
    }
}

impl std::str::FromStr for TimeUnit {
    type Err = ();

    /// From its keyword in upper case.
    fn from_str(word: &str) -> Result<Self, ()> {
        Self::NAMES
            .iter()
            .find(|(_, name)| *name == word)
            .map(|(unit, _)| *unit)
            .ok_or(())
    }
}
