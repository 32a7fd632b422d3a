//! The names that an expression can use.
//!
//! A scope is a row of relations, each with a name and columns: one for each table in FROM, and one in front
//! for the columns that USING or NATURAL have merged.
//! `a.b.c` may mean column `c` of table `a.b`, field `c` of column `b` of table `a`, or a field of a field
//! of column `a`: the longest table name wins, as in Calcite.

use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_sql_parser::ast::{Ident, ObjectName};

use super::literal::integer;
use crate::catalog::enumerate;
use crate::error::SqlError;
use crate::rel::PlanSchema;

/// A table in FROM.
#[derive(Clone, Debug)]
pub(super) struct Relation {
    /// Its alias, or the parts of its full name; none for an unnamed sub-query.
    pub(super) name: Vec<String>,
    /// Its columns.
    pub(super) schema: PlanSchema,
    /// Columns that need the relation's name: USING has merged them.
    hidden: Vec<usize>,
}

impl Relation {
    pub(super) fn new(name: Vec<String>, schema: PlanSchema) -> Relation {
        Relation {
            name,
            schema,
            hidden: Vec::new(),
        }
    }
}

/// The tables whose columns can be named.
#[derive(Clone, Debug, Default)]
pub(super) struct Scope {
    pub(super) relations: Vec<Relation>,
}

impl Scope {
    pub(super) fn of(name: Vec<String>, schema: PlanSchema) -> Scope {
        Scope {
            relations: vec![Relation::new(name, schema)],
        }
    }

    /// With columns behind that no name reaches.
    pub(super) fn with_unnamed(mut self, schema: PlanSchema) -> Scope {
        let hidden = (0..schema.len()).collect();
        self.relations.push(Relation {
            name: Vec::new(),
            schema,
            hidden,
        });
        self
    }

    /// The relations of both, as a join puts their columns.
    pub(super) fn beside(mut self, right: Scope) -> Scope {
        self.relations.extend(right.relations);
        self
    }

    /// The same columns with the types and roles that they have in `schema`.
    pub(super) fn typed(mut self, schema: &PlanSchema) -> Scope {
        let mut fields = schema.fields.iter();
        for relation in &mut self.relations {
            for field in &mut relation.schema.fields {
                if let Some(typed) = fields.next() {
                    field.ty = typed.ty.clone();
                    field.role = typed.role;
                }
            }
        }
        self
    }

    /// Lets a column answer only to a name with its table.
    pub(super) fn hide(&mut self, position: usize) {
        let mut start = 0;
        for relation in &mut self.relations {
            let width = relation.schema.len();
            if (start..start + width).contains(&position) {
                relation.hidden.push(position - start);
            }
            start += width;
        }
    }

    /// How many columns there are.
    pub(super) fn width(&self) -> usize {
        self.relations.iter().map(|r| r.schema.len()).sum()
    }

    /// The relations with the position of their first column.
    fn with_offsets(&self) -> impl Iterator<Item = (usize, &Relation)> {
        let mut offset = 0;
        self.relations.iter().map(move |relation| {
            let start = offset;
            offset += relation.schema.len();
            (start, relation)
        })
    }

    /// The columns of the tables that `table` names; without it, those that `*` stands for.
    pub(super) fn columns(&self, table: Option<&ObjectName>) -> Vec<usize> {
        let wanted = |relation: &Relation| table.is_none_or(|t| is_named(relation, &t.parts));
        self.with_offsets()
            .filter(|(_, relation)| wanted(relation))
            .flat_map(|(start, relation)| {
                let shown = move |at: &usize| table.is_some() || !relation.hidden.contains(at);
                (0..relation.schema.len())
                    .filter(shown)
                    .map(move |at| start + at)
            })
            .collect()
    }

    /// Name and type of a column.
    pub(super) fn field(&self, position: usize) -> Option<&crate::rel::PlanField> {
        let (start, relation) = self
            .with_offsets()
            .filter(|(start, _)| *start <= position)
            .last()?;
        relation.schema.fields.get(position - start)
    }

    /// Whether a table or column of the scope has that name; which, or what is wrong with it, is another
    /// question.
    pub(super) fn mentions(&self, name: &ObjectName) -> bool {
        let parts = &name.parts;
        let tables = (1..parts.len()).any(|split| {
            let named = |relation: &Relation| is_named(relation, &parts[..split]);
            self.relations.iter().any(named)
        });
        let mut fields = self.relations.iter().flat_map(|r| &r.schema.fields);
        tables || fields.any(|field| field.name == parts[0].value)
    }

    /// What a dotted name means.
    pub(super) fn resolve(&self, name: &ObjectName) -> Result<Expr, SqlError> {
        let parts = &name.parts;
        for split in (1..parts.len()).rev() {
            let (table, rest) = parts.split_at(split);
            let relations: Vec<_> = self
                .with_offsets()
                .filter(|(_, relation)| is_named(relation, table))
                .collect();
            match relations.as_slice() {
                [] => {}
                [(start, relation)] => {
                    return self.column(&[(*start, relation)], rest, Some(table));
                }
                _ => return Err(ambiguous("table", &table[split - 1])),
            }
        }
        let all: Vec<_> = self.with_offsets().collect();
        let known = all
            .iter()
            .any(|(_, r)| r.schema.fields.iter().any(|f| f.name == parts[0].value));
        if parts.len() > 1 && !known {
            return Err(self.no_table(&parts[0]));
        }
        self.column(&all, parts, None)
    }

    fn column(
        &self,
        relations: &[(usize, &Relation)],
        parts: &[Ident],
        table: Option<&[Ident]>,
    ) -> Result<Expr, SqlError> {
        let (name, fields) = parts.split_first().ok_or_else(|| {
            // `resolve` never splits the last part off.
            SqlError::invalid(
                "a column name is missing",
                alpheus_sql_parser::Span::default(),
            )
        })?;
        let matching: Vec<(usize, &LogicalType)> = relations
            .iter()
            .flat_map(|(start, relation)| {
                let columns = relation.schema.fields.iter().enumerate();
                let named =
                    move |(at, _): &(usize, _)| table.is_some() || !relation.hidden.contains(at);
                columns
                    .filter(named)
                    .map(move |(at, field)| (start + at, field))
            })
            .filter(|(_, field)| field.name == name.value)
            .map(|(position, field)| (position, &field.ty))
            .collect();
        let (position, ty) = match matching.as_slice() {
            [one] => *one,
            [] => return Err(no_column(relations, name, table)),
            _ => return Err(ambiguous("column", name)),
        };
        let mut expr = Expr::input(position, ty.clone());
        for field in fields {
            expr = row_field(expr, field)?;
        }
        Ok(expr)
    }

    fn no_table(&self, name: &Ident) -> SqlError {
        let tables: Vec<&str> = self
            .relations
            .iter()
            .filter_map(|relation| relation.name.last())
            .map(String::as_str)
            .collect();
        SqlError::invalid(format!("table '{}' not found", name.value), name.span)
            .with_note(match tables.as_slice() {
                [] => "there is no FROM".to_owned(),
                tables => format!("FROM has {}", enumerate(tables)),
            })
            .suggesting(&name.value, tables)
    }
}

/// Whether the relation answers to that name: its alias, or the end of its full name.
fn is_named(relation: &Relation, name: &[Ident]) -> bool {
    let parts = &relation.name;
    name.len() <= parts.len()
        && parts[parts.len() - name.len()..]
            .iter()
            .zip(name)
            .all(|(part, wanted)| *part == wanted.value)
}

fn ambiguous(what: &str, name: &Ident) -> SqlError {
    SqlError::invalid(format!("{what} '{}' is ambiguous", name.value), name.span).with_help(
        "several have this name: qualify it with its table, or give them different names with AS",
    )
}

fn no_column(relations: &[(usize, &Relation)], name: &Ident, table: Option<&[Ident]>) -> SqlError {
    let names: Vec<&str> = relations
        .iter()
        .flat_map(|(_, relation)| relation.schema.fields.iter())
        .map(|field| field.name.as_str())
        .collect();
    let place = match table.and_then(<[Ident]>::last) {
        Some(table) => format!("in table '{}'", table.value),
        None => "in any table".to_owned(),
    };
    let error = SqlError::invalid(
        format!("column '{}' not found {place}", name.value),
        name.span,
    );
    match crate::error::nearest(&name.value, names.iter().copied()) {
        Some(near) => error.with_help(format!("did you mean '{near}'?")),
        None if names.is_empty() => error.with_help("there is no FROM to take columns from"),
        None => error.with_help(format!("there are {}", enumerate(&names))),
    }
}

/// The field of a row.
pub(super) fn row_field(row: Expr, field: &Ident) -> Result<Expr, SqlError> {
    let TypeKind::Row(fields) = &row.ty().kind else {
        return Err(SqlError::invalid(
            format!(
                "'.{}' needs a ROW, but this is {}",
                field.value,
                row.ty().kind
            ),
            field.span,
        ));
    };
    let Some(position) = fields.iter().position(|known| known.name == field.value) else {
        let names: Vec<&str> = fields.iter().map(|known| known.name.as_str()).collect();
        return Err(SqlError::invalid(
            format!("the row has no field '{}'", field.value),
            field.span,
        )
        .with_note(format!("its fields are {}", enumerate(&names)))
        .suggesting(&field.value, names));
    };
    let ty = &fields[position].ty;
    let ty = ty.with_nullable(ty.nullable || row.ty().nullable);
    // A row has fewer fields than fit an i64.
    Ok(Expr::call(
        "ROW_FIELD",
        vec![row, integer(position as i64)],
        ty,
    ))
}
