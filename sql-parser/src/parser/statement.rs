//! Statements, except CREATE, DROP and ALTER.
use super::{Parser, Result};
use crate::ast::{
    ConflictAction, ExplainDetail, Insert, ObjectKind, ObjectName, OnConflict, OptionPair, Show,
    ShowLike, ShowTarget, Statement, StatementKind, StringLit,
};
use crate::error::ParseError;
use crate::keywords::STATEMENT_STARTS;
use crate::span::Span;
use crate::token::{Symbol, TokenKind};

impl Parser<'_> {
    /// One statement, without its semicolon.
    pub(super) fn statement(&mut self) -> Result<Statement> {
        self.nested(|p| {
            p.refuse_absent()?;
            let start = p.span();
            let kind = p.statement_kind()?;
            Ok(Statement {
                kind,
                span: p.since(start),
            })
        })
    }

    fn statement_kind(&mut self) -> Result<StatementKind> {
        if self.at_query() || self.at(Symbol::LeftParen) {
            return self
                .query()
                .map(|query| StatementKind::Query(Box::new(query)));
        }
        match self.word(0) {
            "INSERT" => self
                .insert()
                .map(|insert| StatementKind::Insert(Box::new(insert))),
            "CREATE" => self.create(),
            "DROP" => self.drop_object(),
            "ALTER" => self.alter(),
            "USE" => {
                self.advance();
                let catalog = self.eat_word("CATALOG");
                Ok(StatementKind::Use {
                    catalog,
                    name: self.object_name()?,
                })
            }
            "SHOW" => self.show(),
            "DESCRIBE" | "DESC" => {
                self.advance();
                self.describe()
            }
            "EXPLAIN" => self.explain(),
            "SET" => self.set(),
            "RESET" => self.reset(),
            "EXECUTE" => self.execute(),
            "BEGIN" => {
                self.advance();
                self.expect_words(&["STATEMENT", "SET"])?;
                self.expect(Symbol::Semicolon)?;
                self.statement_set()
            }
            "COMPILE" => self.compile_plan(),
            "STOP" | "CANCEL" => self.stop_job(),
            _ => {
                STATEMENT_STARTS.iter().for_each(|word| self.tried(word));
                Err(self.unexpected())
            }
        }
    }

    fn insert(&mut self) -> Result<Insert> {
        let start = self.span();
        self.expect_word("INSERT")?;
        let overwrite = self.eat_word("OVERWRITE");
        if !overwrite {
            self.expect_word("INTO")?;
        }
        self.eat_word("TABLE");
        let table = self.object_name()?;
        let hints = self.hints()?;
        let partition = if self.eat_word("PARTITION") {
            self.parenthesized(|p| {
                p.comma_separated(|p| {
                    let column = p.ident()?;
                    let value = if p.eat(Symbol::Equal) {
                        Some(p.expr()?)
                    } else {
                        None
                    };
                    Ok((column, value))
                })
            })?
        } else {
            Vec::new()
        };
        let columns = if self.at(Symbol::LeftParen) && !self.at_query_in_parens() {
            self.ident_list()?
        } else {
            Vec::new()
        };
        let query = Box::new(self.query()?);
        let on_conflict = self.on_conflict()?;
        Ok(Insert {
            overwrite,
            table,
            hints,
            partition,
            columns,
            query,
            on_conflict,
            span: self.since(start),
        })
    }

    /// `ON CONFLICT DO ..`, if it stands here.
    fn on_conflict(&mut self) -> Result<Option<OnConflict>> {
        let start = self.span();
        if !self.eat_word("ON") {
            return Ok(None);
        }
        self.expect_words(&["CONFLICT", "DO"])?;
        let action = if self.eat_word("ERROR") {
            ConflictAction::Error
        } else if self.eat_word("NOTHING") {
            ConflictAction::Nothing
        } else {
            self.expect_word("DEDUPLICATE")?;
            ConflictAction::Deduplicate
        };
        Ok(Some(OnConflict {
            action,
            span: self.since(start),
        }))
    }

    /// The INSERTs up to END.
    fn statement_set(&mut self) -> Result<StatementKind> {
        let mut inserts = Vec::new();
        while !self.eat_word("END") {
            inserts.push(self.insert()?);
            self.expect(Symbol::Semicolon)?;
        }
        if inserts.is_empty() {
            return Err(ParseError::new(
                "a statement set needs at least one INSERT",
                self.span(),
            ));
        }
        Ok(StatementKind::StatementSet(inserts))
    }

    fn execute(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.eat_word("STATEMENT") {
            self.expect_words(&["SET", "BEGIN"])?;
            return self.statement_set();
        }
        if self.eat_word("PLAN") {
            return self.string().map(StatementKind::ExecutePlan);
        }
        if self.word(0) == "INSERT" {
            return self
                .insert()
                .map(|insert| StatementKind::Insert(Box::new(insert)));
        }
        self.tried("INSERT");
        self.tried("STATEMENT");
        self.query()
            .map(|query| StatementKind::Query(Box::new(query)))
    }

    /// What EXPLAIN and COMPILE PLAN take.
    fn planned(&mut self) -> Result<Box<Statement>> {
        let start = self.span();
        // EXPLAIN STATEMENT SET BEGIN .. END
        if self.eat_word("STATEMENT") {
            self.expect_words(&["SET", "BEGIN"])?;
            let kind = self.statement_set()?;
            return Ok(Box::new(Statement {
                kind,
                span: self.since(start),
            }));
        }
        let statement = self.statement()?;
        match statement.kind {
            StatementKind::Query(_)
            | StatementKind::Insert(_)
            | StatementKind::StatementSet(_)
            | StatementKind::CreateTable(_) => Ok(Box::new(statement)),
            _ => Err(ParseError::new(
                "only a query, an INSERT or a statement set has a plan",
                statement.span,
            )),
        }
    }

    fn explain(&mut self) -> Result<StatementKind> {
        self.advance();
        let mut details = Vec::new();
        if !self.eat_words(&["PLAN", "FOR"]) {
            loop {
                let detail = if self.eat_word("ESTIMATED_COST") {
                    ExplainDetail::EstimatedCost
                } else if self.eat_word("CHANGELOG_MODE") {
                    ExplainDetail::ChangelogMode
                } else if self.eat_word("JSON_EXECUTION_PLAN") {
                    ExplainDetail::JsonExecutionPlan
                } else if self.eat_word("PLAN_ADVICE") {
                    ExplainDetail::PlanAdvice
                } else if details.is_empty() {
                    break;
                } else {
                    return Err(self.unexpected());
                };
                details.push(detail);
                if !self.eat(Symbol::Comma) {
                    break;
                }
            }
            if !details.is_empty() {
                self.eat_words(&["FOR"]);
            }
        }
        Ok(StatementKind::Explain {
            details,
            statement: self.planned()?,
        })
    }

    fn describe(&mut self) -> Result<StatementKind> {
        let objects = [
            ("CATALOG", ObjectKind::Catalog),
            ("DATABASE", ObjectKind::Database),
            ("FUNCTION", ObjectKind::Function),
        ];
        for (word, object) in objects {
            if self.eat_word(word) {
                let extended = self.eat_word("EXTENDED");
                let name = self.object_name()?;
                return Ok(StatementKind::DescribeObject {
                    object,
                    extended,
                    name,
                });
            }
        }
        self.eat_word("EXTENDED");
        self.object_name().map(StatementKind::Describe)
    }

    fn compile_plan(&mut self) -> Result<StatementKind> {
        self.advance();
        let execute = self.eat_words(&["AND", "EXECUTE"]);
        self.expect_word("PLAN")?;
        let path = self.string()?;
        let if_not_exists = self.if_not_exists()?;
        self.expect_word("FOR")?;
        Ok(StatementKind::CompilePlan {
            execute,
            path,
            if_not_exists,
            statement: self.planned()?,
        })
    }

    fn stop_job(&mut self) -> Result<StatementKind> {
        let cancel = self.word(0) == "CANCEL";
        self.advance();
        self.expect_word("JOB")?;
        let job = self.string()?;
        let savepoint = self.eat_words(&["WITH", "SAVEPOINT"]);
        let drain = self.eat_words(&["WITH", "DRAIN"]);
        Ok(StatementKind::StopJob {
            cancel,
            job,
            savepoint,
            drain,
        })
    }

    /// `SET`, `SET 'k' = 'v'` or, unquoted, anything up to the semicolon.
    fn set(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.at_end() || self.at(Symbol::Semicolon) {
            return Ok(StatementKind::Set(None));
        }
        let start = self.span();
        let key = self.setting(&[Symbol::Equal, Symbol::Semicolon])?;
        self.expect(Symbol::Equal)?;
        let value = if self.at_end() || self.at(Symbol::Semicolon) {
            StringLit {
                value: String::new(),
                span: self.span(),
            }
        } else {
            self.setting(&[Symbol::Semicolon])?
        };
        Ok(StatementKind::Set(Some(OptionPair {
            key,
            value,
            span: self.since(start),
        })))
    }

    fn reset(&mut self) -> Result<StatementKind> {
        self.advance();
        if self.at_end() || self.at(Symbol::Semicolon) {
            return Ok(StatementKind::Reset(None));
        }
        self.setting(&[Symbol::Semicolon])
            .map(|key| StatementKind::Reset(Some(key)))
    }

    /// A string, or the bare text up to one of `ends`.
    fn setting(&mut self, ends: &[Symbol]) -> Result<StringLit> {
        if matches!(self.kind(), TokenKind::String(_)) {
            return self.string();
        }
        let start = self.span();
        while !self.at_end() && !ends.iter().any(|end| self.at(*end)) {
            self.advance();
        }
        let span: Span = self.since(start);
        if span.end <= start.start || self.span().start == start.start {
            return Err(self.expected("an option"));
        }
        Ok(StringLit {
            value: span.text(self.text).into(),
            span,
        })
    }

    fn show(&mut self) -> Result<StatementKind> {
        let start = self.span();
        self.advance();
        let target = self.show_target()?;
        let from = if self.eat_word("FROM") || self.eat_word("IN") {
            Some(self.object_name()?)
        } else {
            None
        };
        let negated = self.eat_word("NOT");
        let ignore_case = self.eat_word("ILIKE");
        let like = if ignore_case || self.eat_word("LIKE") {
            Some(ShowLike {
                negated,
                ignore_case,
                pattern: self.string()?,
            })
        } else if negated {
            return Err(self.unexpected());
        } else {
            None
        };
        Ok(StatementKind::Show(Show {
            target,
            from,
            like,
            span: self.since(start),
        }))
    }

    fn show_target(&mut self) -> Result<ShowTarget> {
        if self.eat_word("CREATE") {
            let target: fn(ObjectName) -> ShowTarget = if self.eat_word("TABLE") {
                ShowTarget::CreateTable
            } else if self.eat_word("VIEW") {
                ShowTarget::CreateView
            } else {
                self.expect_word("CATALOG")?;
                ShowTarget::CreateCatalog
            };
            return self.object_name().map(target);
        }
        if self.eat_word("CURRENT") {
            return if self.eat_word("CATALOG") {
                Ok(ShowTarget::CurrentCatalog)
            } else {
                self.expect_word("DATABASE")
                    .map(|()| ShowTarget::CurrentDatabase)
            };
        }
        if self.eat_word("COLUMNS") {
            if !self.eat_word("FROM") {
                self.expect_word("IN")?;
            }
            return self.object_name().map(ShowTarget::Columns);
        }
        if self.eat_word("PARTITIONS") {
            return self.object_name().map(ShowTarget::Partitions);
        }
        if self.eat_word("USER") {
            return self
                .expect_word("FUNCTIONS")
                .map(|()| ShowTarget::Functions { user: true });
        }
        if self.eat_word("FULL") {
            return self
                .expect_word("MODULES")
                .map(|()| ShowTarget::Modules { full: true });
        }
        let simple = [
            ("TABLES", ShowTarget::Tables),
            ("VIEWS", ShowTarget::Views),
            ("FUNCTIONS", ShowTarget::Functions { user: false }),
            ("CATALOGS", ShowTarget::Catalogs),
            ("DATABASES", ShowTarget::Databases),
            ("JOBS", ShowTarget::Jobs),
            ("MODULES", ShowTarget::Modules { full: false }),
            ("JARS", ShowTarget::Jars),
            ("PROCEDURES", ShowTarget::Procedures),
        ];
        for (word, target) in simple {
            if self.eat_word(word) {
                return Ok(target);
            }
        }
        Err(self.unexpected())
    }
}
