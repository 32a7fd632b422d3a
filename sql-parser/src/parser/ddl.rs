//! CREATE, DROP and ALTER.
use super::{Parser, Result};
use crate::ast::{
    AlterAction, AlterCatalog, AlterCatalogAction, AlterDatabase, AlterElement, AlterTable,
    AlterView, AlterViewAction, ColumnDef, ColumnKind, ColumnPosition, CreateCatalog,
    CreateDatabase, CreateFunction, CreateTable, CreateView, Distribution, DropObject, LikeClause,
    LikeFeature, LikeOption, LikeStrategy, ObjectKind, PrimaryKey, StatementKind, Watermark,
};
use crate::error::ParseError;
use crate::span::Span;
use crate::token::Symbol;

impl Parser<'_> {
    pub(super) fn create(&mut self) -> Result<StatementKind> {
        let start = self.span();
        self.advance();
        let or_replace = self.eat_words(&["OR", "REPLACE"]);
        let temporary = self.eat_word("TEMPORARY");
        let system = temporary && self.eat_word("SYSTEM");
        if !system && self.eat_word("TABLE") {
            return self.create_table(start, or_replace, temporary);
        }
        if !system && self.eat_word("VIEW") {
            return self.create_view(start, or_replace, temporary);
        }
        if !or_replace && self.eat_word("FUNCTION") {
            return self.create_function(start, temporary, system);
        }
        if !or_replace && !temporary && self.eat_word("CATALOG") {
            let if_not_exists = self.if_not_exists()?;
            let name = self.ident()?;
            let comment = self.comment()?;
            let options = self.with_options()?;
            let span = self.since(start);
            return Ok(StatementKind::CreateCatalog(CreateCatalog {
                if_not_exists,
                name,
                comment,
                options,
                span,
            }));
        }
        if !or_replace && !temporary && self.eat_word("DATABASE") {
            let if_not_exists = self.if_not_exists()?;
            let name = self.object_name()?;
            let comment = self.comment()?;
            let options = self.with_options()?;
            let span = self.since(start);
            return Ok(StatementKind::CreateDatabase(CreateDatabase {
                if_not_exists,
                name,
                comment,
                options,
                span,
            }));
        }
        Err(self.unexpected())
    }

    pub(super) fn if_not_exists(&mut self) -> Result<bool> {
        if !self.eat_word("IF") {
            return Ok(false);
        }
        self.expect_words(&["NOT", "EXISTS"]).map(|()| true)
    }

    fn if_exists(&mut self) -> Result<bool> {
        if !self.eat_word("IF") {
            return Ok(false);
        }
        self.expect_word("EXISTS").map(|()| true)
    }

    fn comment(&mut self) -> Result<Option<crate::ast::StringLit>> {
        if self.eat_word("COMMENT") {
            self.string().map(Some)
        } else {
            Ok(None)
        }
    }

    fn with_options(&mut self) -> Result<Vec<crate::ast::OptionPair>> {
        if self.eat_word("WITH") {
            self.option_list()
        } else {
            Ok(Vec::new())
        }
    }

    fn create_table(
        &mut self,
        start: Span,
        or_replace: bool,
        temporary: bool,
    ) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let mut table = CreateTable {
            or_replace,
            temporary,
            if_not_exists,
            name: self.object_name()?,
            columns: Vec::new(),
            watermark: None,
            primary_key: None,
            comment: None,
            distribution: None,
            partitioned_by: Vec::new(),
            options: Vec::new(),
            like: None,
            query: None,
            span: start,
        };
        if self.eat(Symbol::LeftParen) {
            if !self.at(Symbol::RightParen) {
                self.comma_separated(|p| p.table_element(&mut table))?;
            }
            self.expect(Symbol::RightParen)?;
        }
        table.comment = self.comment()?;
        table.distribution = self.distribution()?;
        if self.eat_words(&["PARTITIONED", "BY"]) {
            table.partitioned_by = self.ident_list()?;
        }
        table.options = self.with_options()?;
        if self.eat_word("LIKE") {
            table.like = Some(self.like_clause()?);
        } else if self.eat_word("AS") {
            table.query = Some(Box::new(self.query()?));
        }
        if table.query.is_none()
            && let Some(column) = table
                .columns
                .iter()
                .find(|column| column.kind == ColumnKind::Inherited)
        {
            return Err(ParseError::new(
                format!("column '{}' has no data type", column.name.value),
                column.span,
            )
            .with_hint("only CREATE TABLE .. AS takes columns without types"));
        }
        table.span = self.since(start);
        Ok(StatementKind::CreateTable(Box::new(table)))
    }

    fn table_element(&mut self, table: &mut CreateTable) -> Result<()> {
        let start = self.span();
        if self.at_watermark() {
            let watermark = self.watermark()?;
            if table.watermark.replace(watermark).is_some() {
                return Err(ParseError::new(
                    "a table has at most one watermark",
                    self.since(start),
                ));
            }
            return Ok(());
        }
        let key = if self.at_constraint() {
            Some(self.primary_key()?)
        } else {
            let (column, key) = self.column()?;
            table.columns.push(column);
            key
        };
        if key.is_some() && std::mem::replace(&mut table.primary_key, key).is_some() {
            return Err(ParseError::new(
                "a table has at most one primary key",
                self.since(start),
            ));
        }
        Ok(())
    }

    fn at_watermark(&self) -> bool {
        self.at_words(&["WATERMARK", "FOR"])
    }

    fn at_constraint(&mut self) -> bool {
        if self.word(0) == "UNIQUE" {
            self.tried("PRIMARY");
        }
        self.at_words(&["PRIMARY", "KEY"]) || self.word(0) == "CONSTRAINT"
    }

    fn watermark(&mut self) -> Result<Watermark> {
        let start = self.span();
        self.expect_words(&["WATERMARK", "FOR"])?;
        let column = self.object_name()?;
        self.expect_word("AS")?;
        let expr = self.expr()?;
        Ok(Watermark {
            column,
            expr,
            span: self.since(start),
        })
    }

    fn primary_key(&mut self) -> Result<PrimaryKey> {
        let start = self.span();
        let name = if self.eat_word("CONSTRAINT") {
            Some(self.ident()?)
        } else {
            None
        };
        self.expect_words(&["PRIMARY", "KEY"])?;
        let columns = self.ident_list()?;
        let not_enforced = self.enforcement();
        Ok(PrimaryKey {
            name,
            columns,
            not_enforced,
            span: self.since(start),
        })
    }

    fn enforcement(&mut self) -> bool {
        let not_enforced = self.eat_words(&["NOT", "ENFORCED"]);
        if !not_enforced {
            self.eat_word("ENFORCED");
        }
        not_enforced
    }

    /// A column and the primary key that it declares inline.
    fn column(&mut self) -> Result<(ColumnDef, Option<PrimaryKey>)> {
        let start = self.span();
        let name = self.ident()?;
        let mut key = None;
        let kind = if self.eat_word("AS") {
            ColumnKind::Computed(self.expr()?)
        } else if self.at(Symbol::Comma) || self.at(Symbol::RightParen) {
            ColumnKind::Inherited
        } else {
            let data_type = self.data_type()?;
            if self.eat_word("METADATA") {
                let key = if self.eat_word("FROM") {
                    Some(self.string()?)
                } else {
                    None
                };
                ColumnKind::Metadata {
                    data_type,
                    key,
                    is_virtual: self.eat_word("VIRTUAL"),
                }
            } else {
                let at = self.span();
                let constraint = if self.eat_word("CONSTRAINT") {
                    Some(self.ident()?)
                } else {
                    None
                };
                if constraint.is_some() || self.word(0) == "PRIMARY" {
                    self.expect_words(&["PRIMARY", "KEY"])?;
                    let not_enforced = self.enforcement();
                    let columns = vec![name.clone()];
                    key = Some(PrimaryKey {
                        name: constraint,
                        columns,
                        not_enforced,
                        span: self.since(at),
                    });
                } else {
                    self.tried("PRIMARY");
                }
                ColumnKind::Physical(data_type)
            }
        };
        let comment = self.comment()?;
        Ok((
            ColumnDef {
                name,
                kind,
                comment,
                span: self.since(start),
            },
            key,
        ))
    }

    fn distribution(&mut self) -> Result<Option<Distribution>> {
        let start = self.span();
        if !self.eat_word("DISTRIBUTED") {
            return Ok(None);
        }
        let (mut method, mut columns) = (None, Vec::new());
        if self.eat_word("BY") {
            if self.at_ident() || self.word(0) == "RANGE" {
                method = self.function_word().parts.pop();
            }
            columns = self.ident_list()?;
        }
        let buckets = if self.eat_word("INTO") {
            let buckets = self.unsigned()?;
            self.expect_word("BUCKETS")?;
            Some(buckets)
        } else {
            None
        };
        Ok(Some(Distribution {
            method,
            columns,
            buckets,
            span: self.since(start),
        }))
    }

    fn like_clause(&mut self) -> Result<LikeClause> {
        let start = self.span();
        let table = self.object_name()?;
        let mut options = Vec::new();
        if self.eat(Symbol::LeftParen) {
            while !self.eat(Symbol::RightParen) {
                options.push(self.like_option()?);
            }
        }
        Ok(LikeClause {
            table,
            options,
            span: self.since(start),
        })
    }

    fn like_option(&mut self) -> Result<LikeOption> {
        let start = self.span();
        let strategy = if self.eat_word("INCLUDING") {
            LikeStrategy::Including
        } else if self.eat_word("EXCLUDING") {
            LikeStrategy::Excluding
        } else {
            self.expect_word("OVERWRITING")?;
            LikeStrategy::Overwriting
        };
        let features = [
            ("ALL", LikeFeature::All),
            ("CONSTRAINTS", LikeFeature::Constraints),
            ("DISTRIBUTION", LikeFeature::Distribution),
            ("GENERATED", LikeFeature::Generated),
            ("METADATA", LikeFeature::Metadata),
            ("OPTIONS", LikeFeature::Options),
            ("PARTITIONS", LikeFeature::Partitions),
            ("WATERMARKS", LikeFeature::Watermarks),
        ];
        for (word, feature) in features {
            if self.eat_word(word) {
                return Ok(LikeOption {
                    strategy,
                    feature,
                    span: self.since(start),
                });
            }
        }
        Err(self.unexpected())
    }

    fn create_view(
        &mut self,
        start: Span,
        or_replace: bool,
        temporary: bool,
    ) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        let columns = if self.at(Symbol::LeftParen) {
            self.ident_list()?
        } else {
            Vec::new()
        };
        let comment = self.comment()?;
        self.expect_word("AS")?;
        let query = Box::new(self.query()?);
        let span = self.since(start);
        let view = CreateView {
            or_replace,
            temporary,
            if_not_exists,
            name,
            columns,
            comment,
            query,
            span,
        };
        Ok(StatementKind::CreateView(Box::new(view)))
    }

    fn create_function(
        &mut self,
        start: Span,
        temporary: bool,
        system: bool,
    ) -> Result<StatementKind> {
        let if_not_exists = self.if_not_exists()?;
        let name = self.object_name()?;
        self.expect_word("AS")?;
        let implementation = self.string()?;
        let language = if self.eat_word("LANGUAGE") {
            Some(self.ident()?)
        } else {
            None
        };
        let mut resources = Vec::new();
        if self.eat_word("USING") {
            resources = self.comma_separated(|p| Ok((p.ident()?, p.string()?)))?;
        }
        let options = self.with_options()?;
        let span = self.since(start);
        Ok(StatementKind::CreateFunction(CreateFunction {
            temporary,
            system,
            if_not_exists,
            name,
            implementation,
            language,
            resources,
            options,
            span,
        }))
    }

    pub(super) fn drop_object(&mut self) -> Result<StatementKind> {
        let start = self.span();
        self.advance();
        let temporary = self.eat_word("TEMPORARY");
        let system = temporary && self.eat_word("SYSTEM");
        let object = if self.eat_word("TABLE") {
            ObjectKind::Table
        } else if self.eat_word("VIEW") {
            ObjectKind::View
        } else if self.eat_word("FUNCTION") {
            ObjectKind::Function
        } else if !temporary && self.eat_word("CATALOG") {
            ObjectKind::Catalog
        } else if !temporary && self.eat_word("DATABASE") {
            ObjectKind::Database
        } else {
            return Err(self.unexpected());
        };
        let if_exists = self.if_exists()?;
        let name = self.object_name()?;
        let cascade = object == ObjectKind::Database && self.eat_word("CASCADE");
        if object == ObjectKind::Database && !cascade {
            self.eat_word("RESTRICT");
        }
        let span = self.since(start);
        Ok(StatementKind::Drop(DropObject {
            object,
            temporary,
            system,
            if_exists,
            name,
            cascade,
            span,
        }))
    }

    pub(super) fn alter(&mut self) -> Result<StatementKind> {
        let start = self.span();
        self.advance();
        if self.eat_word("VIEW") {
            return self.alter_view(start);
        }
        if self.eat_word("DATABASE") {
            let name = self.object_name()?;
            self.expect_word("SET")?;
            let options = self.option_list()?;
            return Ok(StatementKind::AlterDatabase(AlterDatabase {
                name,
                options,
                span: self.since(start),
            }));
        }
        if self.eat_word("CATALOG") {
            return self.alter_catalog(start);
        }
        self.expect_word("TABLE")?;
        let if_exists = self.if_exists()?;
        let name = self.object_name()?;
        let action = self.alter_action()?;
        Ok(StatementKind::AlterTable(AlterTable {
            if_exists,
            name,
            action,
            span: self.since(start),
        }))
    }

    fn alter_view(&mut self, start: Span) -> Result<StatementKind> {
        let if_exists = self.if_exists()?;
        let name = self.object_name()?;
        let action = if self.eat_word("RENAME") {
            self.expect_word("TO")?;
            AlterViewAction::Rename(self.object_name()?)
        } else {
            self.expect_word("AS")?;
            AlterViewAction::As(Box::new(self.query()?))
        };
        Ok(StatementKind::AlterView(AlterView {
            if_exists,
            name,
            action,
            span: self.since(start),
        }))
    }

    fn alter_catalog(&mut self, start: Span) -> Result<StatementKind> {
        let name = self.ident()?;
        let action = if self.eat_word("SET") {
            AlterCatalogAction::Set(self.option_list()?)
        } else if self.eat_word("RESET") {
            AlterCatalogAction::Reset(self.parenthesized(|p| p.comma_separated(Self::string))?)
        } else {
            self.expect_word("COMMENT")?;
            AlterCatalogAction::Comment(self.string()?)
        };
        Ok(StatementKind::AlterCatalog(AlterCatalog {
            name,
            action,
            span: self.since(start),
        }))
    }

    fn alter_action(&mut self) -> Result<AlterAction> {
        if self.eat_word("RENAME") {
            if self.eat_word("TO") {
                return self.object_name().map(AlterAction::Rename);
            }
            let from = self.ident()?;
            self.expect_word("TO")?;
            return Ok(AlterAction::RenameColumn {
                from,
                to: self.ident()?,
            });
        }
        if self.eat_word("SET") {
            return self.option_list().map(AlterAction::Set);
        }
        if self.eat_word("RESET") {
            return self
                .parenthesized(|p| p.comma_separated(Self::string))
                .map(AlterAction::Reset);
        }
        if self.eat_word("ADD") {
            return self.alter_elements().map(AlterAction::Add);
        }
        if self.eat_word("MODIFY") {
            return self.alter_elements().map(AlterAction::Modify);
        }
        self.expect_word("DROP")?;
        if self.eat_words(&["PRIMARY", "KEY"]) {
            Ok(AlterAction::DropPrimaryKey)
        } else if self.eat_word("CONSTRAINT") {
            self.ident().map(AlterAction::DropConstraint)
        } else if self.eat_word("WATERMARK") {
            Ok(AlterAction::DropWatermark)
        } else if self.at(Symbol::LeftParen) {
            self.ident_list().map(AlterAction::DropColumns)
        } else {
            self.eat_word("COLUMN");
            self.ident()
                .map(|column| AlterAction::DropColumns(vec![column]))
        }
    }

    fn alter_elements(&mut self) -> Result<Vec<AlterElement>> {
        let mut elements = Vec::new();
        if self.at(Symbol::LeftParen) {
            self.parenthesized(|p| p.comma_separated(|p| p.alter_element(&mut elements)))?;
        } else {
            self.eat_word("COLUMN");
            self.alter_element(&mut elements)?;
        }
        Ok(elements)
    }

    fn alter_element(&mut self, elements: &mut Vec<AlterElement>) -> Result<()> {
        if self.at_watermark() {
            elements.push(AlterElement::Watermark(self.watermark()?));
        } else if self.at_constraint() {
            elements.push(AlterElement::PrimaryKey(self.primary_key()?));
        } else {
            let (column, key) = self.column()?;
            let position = if self.eat_word("FIRST") {
                Some(ColumnPosition::First)
            } else if self.eat_word("AFTER") {
                Some(ColumnPosition::After(self.ident()?))
            } else {
                None
            };
            elements.push(AlterElement::Column { column, position });
            elements.extend(key.map(AlterElement::PrimaryKey));
        }
        Ok(())
    }
}
