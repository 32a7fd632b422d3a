//! Queries.
use super::{Expr, FunctionCall, Ident, ObjectName, OptionPair, SetQuantifier, StringLit};
use crate::span::Span;

/// A query with what frames it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Query {
    /// WITH
    pub with: Vec<Cte>,
    /// The query proper.
    pub body: QueryBody,
    /// ORDER BY
    pub order_by: Vec<OrderItem>,
    /// LIMIT n or FETCH FIRST n ROWS ONLY
    pub limit: Option<Expr>,
    /// OFFSET
    pub offset: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// `name [(columns)] AS (query)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cte {
    /// Its name.
    pub name: Ident,
    /// New names of its columns; may be empty.
    pub columns: Vec<Ident>,
    /// What it stands for.
    pub query: Box<Query>,
    /// Where it stands.
    pub span: Span,
}

/// What yields rows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum QueryBody {
    /// SELECT
    Select(Box<Select>),
    /// VALUES
    Values(Values),
    /// TABLE t
    Table(ObjectName),
    /// A set operation.
    Set(Box<SetOperation>),
    /// A query in parentheses with clauses of its own.
    Nested(Box<Query>),
}

/// UNION, INTERSECT or EXCEPT of two queries.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SetOperation {
    /// Which.
    pub op: SetOperator,
    /// ALL: keep duplicates.
    pub all: bool,
    /// Left operand.
    pub left: QueryBody,
    /// Right operand.
    pub right: QueryBody,
    /// Where it stands.
    pub span: Span,
}

/// The set operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetOperator {
    /// UNION
    Union,
    /// INTERSECT
    Intersect,
    /// EXCEPT
    Except,
}

/// `VALUES (1, 2), (3, 4)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Values {
    /// The rows; a row without parentheses has one value.
    pub rows: Vec<Vec<Expr>>,
    /// Where it stands.
    pub span: Span,
}

/// SELECT .. FROM .. WHERE .. and so on
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Select {
    /// Hints after SELECT.
    pub hints: Vec<Hint>,
    /// DISTINCT or ALL.
    pub quantifier: Option<SetQuantifier>,
    /// What is selected; not empty.
    pub items: Vec<SelectItem>,
    /// The comma-separated tables; empty without FROM.
    pub from: Vec<TableRef>,
    /// WHERE
    pub selection: Option<Expr>,
    /// GROUP BY
    pub group_by: Option<GroupBy>,
    /// HAVING
    pub having: Option<Expr>,
    /// WINDOW
    pub windows: Vec<NamedWindow>,
    /// QUALIFY
    pub qualify: Option<Expr>,
    /// Where it stands.
    pub span: Span,
}

/// One entry of a SELECT list.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SelectItem {
    /// `*`
    Star(Span),
    /// `t.*`
    QualifiedStar(ObjectName),
    /// `x [AS a]`
    Expr {
        /// The value.
        expr: Expr,
        /// Its name.
        alias: Option<Ident>,
    },
}

impl SelectItem {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            SelectItem::Star(span) => *span,
            SelectItem::QualifiedStar(name) => name.span,
            SelectItem::Expr { expr, alias } => alias
                .as_ref()
                .map_or(expr.span, |alias| expr.span.to(alias.span)),
        }
    }
}

/// GROUP BY and its elements.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct GroupBy {
    /// DISTINCT or ALL over the grouping sets.
    pub quantifier: Option<SetQuantifier>,
    /// The elements; not empty.
    pub items: Vec<GroupItem>,
    /// Where it stands.
    pub span: Span,
}

/// One element of GROUP BY.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GroupItem {
    /// One expression.
    Expr(Expr),
    /// `(a, b)` or `()`
    Set(Vec<Expr>),
    /// GROUPING SETS (..)
    GroupingSets(Vec<GroupItem>),
    /// ROLLUP (..)
    Rollup(Vec<GroupItem>),
    /// CUBE (..)
    Cube(Vec<GroupItem>),
}

/// `w AS (..)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamedWindow {
    /// Its name.
    pub name: Ident,
    /// What it stands for.
    pub spec: WindowSpec,
    /// Where it stands.
    pub span: Span,
}

/// What stands in OVER's parentheses.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WindowSpec {
    /// A named window that this one refines.
    pub base: Option<Ident>,
    /// PARTITION BY
    pub partition_by: Vec<Expr>,
    /// ORDER BY
    pub order_by: Vec<OrderItem>,
    /// ROWS or RANGE
    pub frame: Option<WindowFrame>,
    /// Where it stands.
    pub span: Span,
}

/// Which rows a window covers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WindowFrame {
    /// RANGE instead of ROWS.
    pub range: bool,
    /// First row.
    pub start: FrameBound,
    /// Last row; CURRENT ROW if not written.
    pub end: Option<FrameBound>,
    /// Where it stands.
    pub span: Span,
}

/// An end of a window frame.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum FrameBound {
    /// UNBOUNDED PRECEDING
    UnboundedPreceding,
    /// x PRECEDING
    Preceding(Box<Expr>),
    /// CURRENT ROW
    CurrentRow,
    /// x FOLLOWING
    Following(Box<Expr>),
    /// UNBOUNDED FOLLOWING
    UnboundedFollowing,
}

/// `x [ASC|DESC] [NULLS FIRST|LAST]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OrderItem {
    /// By what.
    pub expr: Expr,
    /// DESC
    pub descending: bool,
    /// `Some(true)` for NULLS FIRST, `Some(false)` for NULLS LAST.
    pub nulls_first: Option<bool>,
    /// Where it stands.
    pub span: Span,
}

/// Something in FROM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableRef {
    /// What it is.
    pub kind: TableRefKind,
    /// Its alias; never on a join.
    pub alias: Option<TableAlias>,
    /// Where it stands.
    pub span: Span,
}

/// `AS t [(a, b)]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TableAlias {
    /// The table's name.
    pub name: Ident,
    /// New names of its columns; may be empty.
    pub columns: Vec<Ident>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of table in FROM.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum TableRefKind {
    /// `t [/*+ OPTIONS(..) */] [FOR SYSTEM_TIME AS OF x]`
    Named {
        /// The table or view.
        name: ObjectName,
        /// Its hints.
        hints: Vec<Hint>,
        /// FOR SYSTEM_TIME AS OF
        as_of: Option<Box<Expr>>,
    },
    /// `[LATERAL] (query)`
    Derived {
        /// It may refer to tables on its left.
        lateral: bool,
        /// The query.
        query: Box<Query>,
    },
    /// `[LATERAL] TABLE(f(..))` or `f(..)`
    Function {
        /// It may refer to tables on its left.
        lateral: bool,
        /// Written with TABLE( ).
        table_keyword: bool,
        /// The call.
        call: Box<FunctionCall>,
    },
    /// `UNNEST(x, ..) [WITH ORDINALITY]`
    Unnest {
        /// The collections.
        exprs: Vec<Expr>,
        /// A last column with the position, from 1.
        with_ordinality: bool,
    },
    /// A join.
    Join(Box<Join>),
    /// `t MATCH_RECOGNIZE (..)`
    MatchRecognize {
        /// Where rows come from.
        input: Box<TableRef>,
        /// What is looked for.
        spec: Box<MatchRecognize>,
    },
}

/// A join of two tables.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Join {
    /// Which rows survive.
    pub kind: JoinKind,
    /// Left operand.
    pub left: TableRef,
    /// Right operand.
    pub right: TableRef,
    /// Which rows belong together.
    pub constraint: JoinConstraint,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of join.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JoinKind {
    /// `[INNER] JOIN`
    Inner,
    /// `LEFT [OUTER] JOIN`
    Left,
    /// `RIGHT [OUTER] JOIN`
    Right,
    /// `FULL [OUTER] JOIN`
    Full,
    /// CROSS JOIN
    Cross,
}

/// How the rows of a join find each other.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum JoinConstraint {
    /// No condition.
    None,
    /// ON x
    On(Expr),
    /// USING (a, b)
    Using(Vec<Ident>),
    /// NATURAL
    Natural,
}

/// One hint: `OPTIONS('k' = 'v')`, `BROADCAST(t)`, `STATE_TTL('t' = '1d')`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Hint {
    /// Its name, as written.
    pub name: Ident,
    /// Its arguments.
    pub args: Vec<HintArg>,
    /// Where it stands.
    pub span: Span,
}

/// An argument of a hint.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HintArg {
    /// `'k' = 'v'`
    Pair(OptionPair),
    /// `t` or `a.b`
    Name(ObjectName),
    /// `'text'` or a number
    Literal(StringLit),
}

/// MATCH_RECOGNIZE (SQL:2016 row pattern recognition)
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct MatchRecognize {
    /// PARTITION BY
    pub partition_by: Vec<Expr>,
    /// ORDER BY
    pub order_by: Vec<OrderItem>,
    /// MEASURES
    pub measures: Vec<Measure>,
    /// `Some(false)` for ONE ROW PER MATCH, `Some(true)` for ALL ROWS PER MATCH.
    pub all_rows: Option<bool>,
    /// AFTER MATCH
    pub after_match: Option<AfterMatch>,
    /// PATTERN
    pub pattern: Pattern,
    /// WITHIN
    pub within: Option<Expr>,
    /// SUBSET u = (a, b)
    pub subsets: Vec<(Ident, Vec<Ident>)>,
    /// DEFINE
    pub define: Vec<(Ident, Expr)>,
    /// Where it stands.
    pub span: Span,
}

/// `[FINAL|RUNNING] x AS a`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Measure {
    /// `Some(true)` for FINAL, `Some(false)` for RUNNING.
    pub is_final: Option<bool>,
    /// The value.
    pub expr: Expr,
    /// Its name.
    pub alias: Ident,
}

/// Where matching goes on after a match.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AfterMatch {
    /// SKIP PAST LAST ROW
    PastLastRow,
    /// SKIP TO NEXT ROW
    ToNextRow,
    /// SKIP TO FIRST v
    ToFirst(Ident),
    /// SKIP TO LAST v
    ToLast(Ident),
}

/// A row pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// A variable.
    Variable(Ident),
    /// One after the other.
    Sequence(Vec<Pattern>),
    /// One of them.
    Alternatives(Vec<Pattern>),
    /// Repeated.
    Repeat {
        /// What.
        pattern: Box<Pattern>,
        /// At least.
        min: u32,
        /// At most.
        max: Option<u32>,
        /// As few as possible.
        reluctant: bool,
    },
    /// `{- p -}`
    Exclude(Box<Pattern>),
    /// PERMUTE(a, b)
    Permute(Vec<Pattern>),
}
