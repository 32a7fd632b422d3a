//! Statements.
use super::{DataType, Expr, Ident, ObjectName, OptionPair, Query, StringLit};
use crate::span::Span;

/// One statement of a script.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands, without its semicolon.
    pub span: Span,
}

impl Statement {
    /// The statement's own text in the script that it was parsed from.
    pub fn text<'a>(&self, script: &'a str) -> &'a str {
        self.span.text(script)
    }
}

/// The kinds of statement.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum StatementKind {
    /// A query.
    Query(Box<Query>),
    /// INSERT
    Insert(Box<Insert>),
    /// EXECUTE STATEMENT SET or BEGIN STATEMENT SET
    StatementSet(Vec<Insert>),
    /// CREATE TABLE
    CreateTable(Box<CreateTable>),
    /// CREATE VIEW
    CreateView(Box<CreateView>),
    /// CREATE FUNCTION
    CreateFunction(CreateFunction),
    /// CREATE CATALOG
    CreateCatalog(CreateCatalog),
    /// CREATE DATABASE
    CreateDatabase(CreateDatabase),
    /// DROP
    Drop(DropObject),
    /// ALTER TABLE
    AlterTable(AlterTable),
    /// ALTER VIEW
    AlterView(AlterView),
    /// ALTER DATABASE
    AlterDatabase(AlterDatabase),
    /// ALTER CATALOG
    AlterCatalog(AlterCatalog),
    /// `USE [CATALOG]`
    Use {
        /// USE CATALOG instead of USE (a database).
        catalog: bool,
        /// Which.
        name: ObjectName,
    },
    /// SHOW
    Show(Show),
    /// DESCRIBE t
    Describe(ObjectName),
    /// DESCRIBE CATALOG, DATABASE or FUNCTION
    DescribeObject {
        /// What kind of thing.
        object: ObjectKind,
        /// EXTENDED
        extended: bool,
        /// Which.
        name: ObjectName,
    },
    /// EXPLAIN
    Explain {
        /// The details asked for.
        details: Vec<ExplainDetail>,
        /// Of what.
        statement: Box<Statement>,
    },
    /// SET, with or without a pair
    Set(Option<OptionPair>),
    /// RESET, with or without a key
    Reset(Option<StringLit>),
    /// `COMPILE [AND EXECUTE] PLAN 'file' [IF NOT EXISTS] FOR statement`
    CompilePlan {
        /// AND EXECUTE
        execute: bool,
        /// The file.
        path: StringLit,
        /// IF NOT EXISTS
        if_not_exists: bool,
        /// Of what.
        statement: Box<Statement>,
    },
    /// EXECUTE PLAN 'file'
    ExecutePlan(StringLit),
    /// STOP JOB or CANCEL JOB
    StopJob {
        /// CANCEL instead of STOP.
        cancel: bool,
        /// The job's id.
        job: StringLit,
        /// WITH SAVEPOINT
        savepoint: bool,
        /// WITH DRAIN
        drain: bool,
    },
}

/// `INSERT INTO t [PARTITION (..)] [(columns)] query`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Insert {
    /// INSERT OVERWRITE
    pub overwrite: bool,
    /// Where to.
    pub table: ObjectName,
    /// Hints on the table.
    pub hints: Vec<super::Hint>,
    /// Static partition: columns and constants.
    pub partition: Vec<(Ident, Option<Expr>)>,
    /// Which columns; all if empty.
    pub columns: Vec<Ident>,
    /// What.
    pub query: Box<Query>,
    /// ON CONFLICT DO ..: what is done about rows with one PRIMARY KEY and different keys of the query.
    pub on_conflict: Option<OnConflict>,
    /// Where it stands.
    pub span: Span,
}

/// ON CONFLICT
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct OnConflict {
    /// What is done.
    pub action: ConflictAction,
    /// Where it stands.
    pub span: Span,
}

/// What ON CONFLICT does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConflictAction {
    /// DO ERROR
    Error,
    /// DO NOTHING: the first row stays.
    Nothing,
    /// DO DEDUPLICATE: the last row counts.
    Deduplicate,
}

/// CREATE TABLE
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateTable {
    /// OR REPLACE
    pub or_replace: bool,
    /// TEMPORARY
    pub temporary: bool,
    /// IF NOT EXISTS
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// Its columns, in order.
    pub columns: Vec<ColumnDef>,
    /// WATERMARK FOR
    pub watermark: Option<Watermark>,
    /// PRIMARY KEY, of the table or of a column
    pub primary_key: Option<PrimaryKey>,
    /// COMMENT
    pub comment: Option<StringLit>,
    /// DISTRIBUTED BY
    pub distribution: Option<Distribution>,
    /// PARTITIONED BY
    pub partitioned_by: Vec<Ident>,
    /// WITH
    pub options: Vec<OptionPair>,
    /// LIKE
    pub like: Option<LikeClause>,
    /// AS query
    pub query: Option<Box<Query>>,
    /// Where it stands.
    pub span: Span,
}

/// A column's definition.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ColumnDef {
    /// Its name.
    pub name: Ident,
    /// What it is.
    pub kind: ColumnKind,
    /// COMMENT
    pub comment: Option<StringLit>,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnKind {
    /// `c type`
    Physical(DataType),
    /// `c AS x`
    Computed(Expr),
    /// `c type METADATA [FROM 'k'] [VIRTUAL]`
    Metadata {
        /// Its type.
        data_type: DataType,
        /// FROM; the column's name if not written
        key: Option<StringLit>,
        /// VIRTUAL: not written to
        is_virtual: bool,
    },
    /// `c` alone, in CREATE TABLE .. AS
    Inherited,
}

/// `WATERMARK FOR c AS x`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Watermark {
    /// The time column; a path may lead into a row.
    pub column: ObjectName,
    /// The watermark.
    pub expr: Expr,
    /// Where it stands.
    pub span: Span,
}

/// `[CONSTRAINT n] PRIMARY KEY (..) NOT ENFORCED`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PrimaryKey {
    /// CONSTRAINT
    pub name: Option<Ident>,
    /// Its columns.
    pub columns: Vec<Ident>,
    /// Whether NOT ENFORCED was written; Flink insists on it.
    pub not_enforced: bool,
    /// Where it stands.
    pub span: Span,
}

/// `DISTRIBUTED [BY [HASH|RANGE] (..)] [INTO n BUCKETS]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Distribution {
    /// HASH or RANGE
    pub method: Option<Ident>,
    /// By which columns.
    pub columns: Vec<Ident>,
    /// INTO n BUCKETS
    pub buckets: Option<u32>,
    /// Where it stands.
    pub span: Span,
}

/// `LIKE t [(..)]`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LikeClause {
    /// The table to take from.
    pub table: ObjectName,
    /// What to take.
    pub options: Vec<LikeOption>,
    /// Where it stands.
    pub span: Span,
}

/// `INCLUDING ALL`, `EXCLUDING OPTIONS` and so on
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LikeOption {
    /// How.
    pub strategy: LikeStrategy,
    /// What.
    pub feature: LikeFeature,
    /// Where it stands.
    pub span: Span,
}

/// How LIKE treats a feature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum LikeStrategy {
    Including,
    Excluding,
    Overwriting,
}

/// What LIKE can take over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum LikeFeature {
    All,
    Constraints,
    Distribution,
    Generated,
    Metadata,
    Options,
    Partitions,
    Watermarks,
}

/// CREATE VIEW
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateView {
    /// OR REPLACE
    pub or_replace: bool,
    /// TEMPORARY
    pub temporary: bool,
    /// IF NOT EXISTS
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// New names of its columns; may be empty.
    pub columns: Vec<Ident>,
    /// COMMENT
    pub comment: Option<StringLit>,
    /// What it stands for.
    pub query: Box<Query>,
    /// Where it stands.
    pub span: Span,
}

/// CREATE FUNCTION
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateFunction {
    /// TEMPORARY
    pub temporary: bool,
    /// SYSTEM
    pub system: bool,
    /// IF NOT EXISTS
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// AS '..'
    pub implementation: StringLit,
    /// LANGUAGE
    pub language: Option<Ident>,
    /// USING JAR|FILE|ARTIFACT '..'
    pub resources: Vec<(Ident, StringLit)>,
    /// WITH
    pub options: Vec<OptionPair>,
    /// Where it stands.
    pub span: Span,
}

/// CREATE CATALOG
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateCatalog {
    /// IF NOT EXISTS
    pub if_not_exists: bool,
    /// Its name.
    pub name: Ident,
    /// COMMENT
    pub comment: Option<StringLit>,
    /// WITH
    pub options: Vec<OptionPair>,
    /// Where it stands.
    pub span: Span,
}

/// CREATE DATABASE
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CreateDatabase {
    /// IF NOT EXISTS
    pub if_not_exists: bool,
    /// Its name.
    pub name: ObjectName,
    /// COMMENT
    pub comment: Option<StringLit>,
    /// WITH
    pub options: Vec<OptionPair>,
    /// Where it stands.
    pub span: Span,
}

/// DROP
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DropObject {
    /// What kind of thing.
    pub object: ObjectKind,
    /// TEMPORARY
    pub temporary: bool,
    /// TEMPORARY SYSTEM (functions)
    pub system: bool,
    /// IF EXISTS
    pub if_exists: bool,
    /// Which.
    pub name: ObjectName,
    /// CASCADE (databases)
    pub cascade: bool,
    /// Where it stands.
    pub span: Span,
}

/// What DROP can drop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ObjectKind {
    Table,
    View,
    Function,
    Catalog,
    Database,
}

/// ALTER TABLE
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterTable {
    /// IF EXISTS
    pub if_exists: bool,
    /// Which table.
    pub name: ObjectName,
    /// What to change.
    pub action: AlterAction,
    /// Where it stands.
    pub span: Span,
}

/// ALTER VIEW
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterView {
    /// IF EXISTS
    pub if_exists: bool,
    /// Which view.
    pub name: ObjectName,
    /// What to change.
    pub action: AlterViewAction,
    /// Where it stands.
    pub span: Span,
}

/// What ALTER VIEW changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlterViewAction {
    /// RENAME TO v
    Rename(ObjectName),
    /// AS query
    As(Box<Query>),
}

/// `ALTER DATABASE d SET (..)`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterDatabase {
    /// Which database.
    pub name: ObjectName,
    /// SET
    pub options: Vec<OptionPair>,
    /// Where it stands.
    pub span: Span,
}

/// ALTER CATALOG
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AlterCatalog {
    /// Which catalog.
    pub name: Ident,
    /// What to change.
    pub action: AlterCatalogAction,
    /// Where it stands.
    pub span: Span,
}

/// What ALTER CATALOG changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlterCatalogAction {
    /// SET (..)
    Set(Vec<OptionPair>),
    /// RESET (..)
    Reset(Vec<StringLit>),
    /// COMMENT '..'
    Comment(StringLit),
}

/// What ALTER TABLE changes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlterAction {
    /// RENAME TO t
    Rename(ObjectName),
    /// RENAME a TO b
    RenameColumn {
        /// Old name.
        from: Ident,
        /// New name.
        to: Ident,
    },
    /// SET (..)
    Set(Vec<OptionPair>),
    /// RESET (..)
    Reset(Vec<StringLit>),
    /// ADD
    Add(Vec<AlterElement>),
    /// MODIFY
    Modify(Vec<AlterElement>),
    /// DROP c, DROP (a, b)
    DropColumns(Vec<Ident>),
    /// DROP PRIMARY KEY
    DropPrimaryKey,
    /// DROP CONSTRAINT n
    DropConstraint(Ident),
    /// DROP WATERMARK
    DropWatermark,
}

/// What ALTER TABLE adds or modifies.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum AlterElement {
    /// A column and its place.
    Column {
        /// The column.
        column: ColumnDef,
        /// Where it goes.
        position: Option<ColumnPosition>,
    },
    /// The watermark.
    Watermark(Watermark),
    /// The primary key.
    PrimaryKey(PrimaryKey),
}

/// Where a column goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ColumnPosition {
    /// FIRST
    First,
    /// AFTER c
    After(Ident),
}

/// SHOW
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Show {
    /// What.
    pub target: ShowTarget,
    /// FROM or IN a database or catalog
    pub from: Option<ObjectName>,
    /// `[NOT] LIKE`
    pub like: Option<ShowLike>,
    /// Where it stands.
    pub span: Span,
}

/// `[NOT] LIKE|ILIKE 'pattern'`
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ShowLike {
    /// NOT
    pub negated: bool,
    /// ILIKE
    pub ignore_case: bool,
    /// The pattern.
    pub pattern: StringLit,
}

/// What SHOW shows.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ShowTarget {
    /// TABLES
    Tables,
    /// VIEWS
    Views,
    /// `[USER] FUNCTIONS`
    Functions {
        /// USER
        user: bool,
    },
    /// CATALOGS
    Catalogs,
    /// DATABASES
    Databases,
    /// CURRENT CATALOG
    CurrentCatalog,
    /// CURRENT DATABASE
    CurrentDatabase,
    /// CREATE TABLE t
    CreateTable(ObjectName),
    /// CREATE VIEW v
    CreateView(ObjectName),
    /// CREATE CATALOG c
    CreateCatalog(ObjectName),
    /// COLUMNS FROM t
    Columns(ObjectName),
    /// PARTITIONS t
    Partitions(ObjectName),
    /// JOBS
    Jobs,
    /// `[FULL] MODULES`
    Modules {
        /// FULL
        full: bool,
    },
    /// JARS
    Jars,
    /// PROCEDURES
    Procedures,
}

/// What EXPLAIN adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum ExplainDetail {
    EstimatedCost,
    ChangelogMode,
    JsonExecutionPlan,
    PlanAdvice,
}
