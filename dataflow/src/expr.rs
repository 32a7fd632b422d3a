//! Expressions in the form that the planner makes and workers receive: resolved, typed, serializable.
//!
//! Everything with an operator or a name is a [`Expr::Call`] to a function of the function library by
//! its canonical upper-case name; `=`, `AND`, `+` and `IS NULL` are such names too. Every implicit
//! conversion has already become a [`Expr::Cast`], so an implementation only ever sees the argument
//! types its signature allows.

use serde::{Deserialize, Serialize};

use crate::types::{LogicalType, TypeKind};

/// A typed expression over the columns of one row type (Flink's and Calcite's `RexNode`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Expr {
    /// A column.
    Input {
        /// Its position.
        index: usize,
        /// Its type.
        ty: LogicalType,
    },
    /// A constant.
    Literal {
        /// Its value.
        value: Literal,
        /// Its type.
        ty: LogicalType,
    },
    /// A function of the library.
    Call {
        /// Canonical upper-case name.
        function: String,
        /// Arguments, converted to what the signature asks for.
        args: Vec<Expr>,
        /// Type of the result.
        ty: LogicalType,
    },
    /// CAST and TRY_CAST.
    Cast {
        /// What is converted.
        input: Box<Expr>,
        /// To which type.
        ty: LogicalType,
        /// TRY_CAST: a value that cannot be converted becomes NULL.
        try_cast: bool,
    },
    /// CASE WHEN. Branches after the first true one are not evaluated for a row.
    Case {
        /// Conditions with their results, all of type `ty`.
        branches: Vec<(Expr, Expr)>,
        /// ELSE; absent is NULL.
        otherwise: Option<Box<Expr>>,
        /// Type of the result.
        ty: LogicalType,
    },
}

/// A constant. Which variant goes with which type is fixed by the comments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Literal {
    /// NULL of any type.
    Null,
    /// BOOLEAN.
    Boolean(bool),
    /// Integers; DATE (days); TIME and timestamps (in the unit of the type's Arrow column);
    /// INTERVAL (months or milliseconds).
    Int(i64),
    /// DECIMAL: the unscaled value.
    Decimal(#[serde(with = "i128_text")] i128),
    /// FLOAT and DOUBLE, by their bits so that NaN and infinity survive every encoding.
    Float(#[serde(with = "f64_bits")] f64),
    /// CHAR and VARCHAR.
    String(String),
    /// BINARY and VARBINARY.
    Bytes(Vec<u8>),
}

impl Expr {
    /// A column.
    pub fn input(index: usize, ty: LogicalType) -> Expr {
        Expr::Input { index, ty }
    }

    /// A constant.
    pub fn literal(value: Literal, ty: LogicalType) -> Expr {
        Expr::Literal { value, ty }
    }

    /// A call.
    pub fn call(function: impl Into<String>, args: Vec<Expr>, ty: LogicalType) -> Expr {
        Expr::Call {
            function: function.into(),
            args,
            ty,
        }
    }

    /// `CAST(self AS ty)`, or `self` when it has that type already (nullability apart).
    pub fn cast_to(self, ty: LogicalType) -> Expr {
        if self.ty().kind == ty.kind {
            return self;
        }
        Expr::Cast {
            input: Box::new(self),
            ty,
            try_cast: false,
        }
    }

    /// TRUE or FALSE.
    pub fn boolean(value: bool) -> Expr {
        Expr::literal(Literal::Boolean(value), TypeKind::Boolean.not_null())
    }

    /// The type of the value.
    pub fn ty(&self) -> &LogicalType {
        match self {
            Expr::Input { ty, .. }
            | Expr::Literal { ty, .. }
            | Expr::Call { ty, .. }
            | Expr::Cast { ty, .. }
            | Expr::Case { ty, .. } => ty,
        }
    }

    /// Direct sub-expressions, left to right.
    pub fn children(&self) -> Vec<&Expr> {
        match self {
            Expr::Input { .. } | Expr::Literal { .. } => Vec::new(),
            Expr::Call { args, .. } => args.iter().collect(),
            Expr::Cast { input, .. } => vec![input],
            Expr::Case {
                branches,
                otherwise,
                ..
            } => {
                let pairs = branches
                    .iter()
                    .flat_map(|(condition, result)| [condition, result]);
                pairs.chain(otherwise.as_deref()).collect()
            }
        }
    }

    /// Calls `visit` for this expression and all below it, parents first.
    pub fn visit(&self, visit: &mut dyn FnMut(&Expr)) {
        visit(self);
        for child in self.children() {
            child.visit(visit);
        }
    }

    /// The expression rebuilt bottom up with `replace` applied to every node.
    pub fn transform(self, replace: &mut dyn FnMut(Expr) -> Expr) -> Expr {
        let rebuilt = match self {
            leaf @ (Expr::Input { .. } | Expr::Literal { .. }) => leaf,
            Expr::Call { function, args, ty } => Expr::Call {
                function,
                args: args.into_iter().map(|arg| arg.transform(replace)).collect(),
                ty,
            },
            Expr::Cast {
                input,
                ty,
                try_cast,
            } => Expr::Cast {
                input: Box::new(input.transform(replace)),
                ty,
                try_cast,
            },
            Expr::Case {
                branches,
                otherwise,
                ty,
            } => Expr::Case {
                branches: branches
                    .into_iter()
                    .map(|(condition, result)| {
                        (condition.transform(replace), result.transform(replace))
                    })
                    .collect(),
                otherwise: otherwise.map(|otherwise| Box::new(otherwise.transform(replace))),
                ty,
            },
        };
        replace(rebuilt)
    }

    /// The columns it reads, ascending, each once.
    pub fn referenced_columns(&self) -> Vec<usize> {
        let mut columns = Vec::new();
        self.visit(&mut |expr| {
            if let Expr::Input { index, .. } = expr {
                columns.push(*index);
            }
        });
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    /// The same expression over other columns: `mapping(old position)` is the new one.
    pub fn map_columns(self, mapping: &dyn Fn(usize) -> usize) -> Expr {
        self.transform(&mut |expr| match expr {
            Expr::Input { index, ty } => Expr::Input {
                index: mapping(index),
                ty,
            },
            other => other,
        })
    }
}

mod i128_text {
    //! JSON numbers end at 64 bits; unscaled decimals do not.
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

mod f64_bits {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(value.to_bits())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        u64::deserialize(deserializer).map(f64::from_bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn survives_json() {
        let expr = Expr::call(
            "+",
            vec![
                Expr::input(3, TypeKind::Decimal(38, 2).nullable()),
                Expr::literal(
                    Literal::Decimal(i128::MAX),
                    TypeKind::Decimal(38, 2).not_null(),
                ),
                Expr::literal(Literal::Float(f64::INFINITY), TypeKind::Double.not_null()),
            ],
            TypeKind::Decimal(38, 2).nullable(),
        );
        let text = serde_json::to_string(&expr).unwrap();
        assert_eq!(serde_json::from_str::<Expr>(&text).unwrap(), expr);
    }

    #[test]
    fn finds_and_moves_columns() {
        let column = |index| Expr::input(index, TypeKind::Integer.nullable());
        let expr = Expr::Case {
            branches: vec![(column(5), column(2))],
            otherwise: Some(Box::new(column(5))),
            ty: TypeKind::Integer.nullable(),
        };
        assert_eq!(expr.referenced_columns(), [2, 5]);
        assert_eq!(
            expr.map_columns(&|index| index - 2).referenced_columns(),
            [0, 3]
        );
    }
}
