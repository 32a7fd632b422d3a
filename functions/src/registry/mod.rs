//! The scalar functions and operators by name: what each is called, takes, returns and computes.
//!
//! Every function is one row of a static table beside its kernels (`scalar/*`). The binder asks
//! [`lookup`] and [`ScalarFunction::resolve`]; the compiler takes the kernel from the same row; the
//! documentation's table is [`markdown()`]. So a function cannot exist in one place and not in another.
//! Functions that Flink has and this engine has not are rows too, refused with a reason, so that the
//! binder can name them.

mod markdown;
pub(crate) mod signature;

use std::collections::HashMap;
use std::sync::LazyLock;

use alpheus_dataflow::types::{LogicalType, TypeKind};
use alpheus_dataflow::{Literal, OperatorResult};
use arrow::array::ArrayRef;

pub use markdown::markdown;
pub use signature::{Mismatch, Param, Returns, Simple, Typing};

use crate::compile::Args;

/// An argument as the binder sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its type.
    pub ty: LogicalType,
    /// Its value, when it is a constant.
    pub literal: Option<Literal>,
}

impl Argument {
    /// An argument whose value is not known while planning.
    pub fn of(ty: LogicalType) -> Self {
        Argument { ty, literal: None }
    }

    /// The text of a string literal.
    pub fn text(&self) -> Option<&str> {
        match &self.literal {
            Some(Literal::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The value of an integer literal.
    pub fn integer(&self) -> Option<i64> {
        match &self.literal {
            Some(Literal::Int(value)) if self.ty.kind.is_integer() => Some(*value),
            _ => None,
        }
    }
}

/// How a call is carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// What the arguments convert to, in order.
    pub arg_types: Vec<LogicalType>,
    /// The type of the call.
    pub result: LogicalType,
}

/// A call that no signature of the function allows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("function {function} cannot be called with ({got}): {reason}; supported: {supported}")]
pub struct SignatureError {
    /// The function's canonical name.
    pub function: &'static str,
    /// The argument types of the call.
    pub got: String,
    /// What does not fit.
    pub reason: String,
    /// The signatures there are.
    pub supported: &'static str,
}

/// The family under which a function is documented.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Category {
    Comparison,
    Logical,
    Arithmetic,
    String,
    Temporal,
    Conditional,
    Conversion,
    Collection,
    Json,
    Construction,
    Hash,
}

impl Category {
    /// The heading in the documentation.
    pub fn title(self) -> &'static str {
        match self {
            Category::Comparison => "Comparison",
            Category::Logical => "Logical",
            Category::Arithmetic => "Arithmetic",
            Category::String => "String",
            Category::Temporal => "Temporal",
            Category::Conditional => "Conditional",
            Category::Conversion => "Type conversion",
            Category::Collection => "Collection",
            Category::Json => "JSON",
            Category::Construction => "Value construction and access",
            Category::Hash => "Hash",
        }
    }
}

/// Whether equal arguments give equal results.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Determinism {
    /// Always: constant arguments are folded while planning.
    Deterministic,
    /// Within one query (batch) or one record (streaming): NOW(), CURRENT_TIMESTAMP.
    Dynamic,
    /// Never: RAND(), UUID().
    NonDeterministic,
}

/// Computes a column from argument columns; the result has exactly the Arrow type of the call and as
/// many rows as [`Args::rows`] says.
pub type Kernel = fn(&Args<'_>) -> OperatorResult<ArrayRef>;

/// What stands behind a name.
#[derive(Clone, Copy)]
pub enum Implementation {
    /// A kernel over columns.
    Kernel(Kernel),
    /// The compiler has its own form for it, because not all arguments are always evaluated.
    Lazy,
    /// Flink has it, this engine has not: why.
    Refused(&'static str),
}

/// A function or operator of the library.
#[derive(Clone, Copy)]
pub struct ScalarFunction {
    /// Canonical upper-case name: what stands in [`Expr::Call`](alpheus_dataflow::Expr::Call).
    pub name: &'static str,
    /// Other names SQL may use.
    pub aliases: &'static [&'static str],
    /// The family it belongs to.
    pub category: Category,
    /// What it does, in one line.
    pub description: &'static str,
    /// How it is called.
    pub signature: &'static str,
    /// A call and its result.
    pub example: &'static str,
    /// Whether equal arguments give equal results.
    pub determinism: Determinism,
    /// Whether a value, not just a type, can make it fail: such calls are evaluated for the rows only
    /// that need them.
    pub may_fail: bool,
    pub(crate) typing: Typing,
    pub(crate) implementation: Implementation,
}

impl ScalarFunction {
    pub(crate) const fn new(
        category: Category,
        name: &'static str,
        signature: &'static str,
        typing: Typing,
        kernel: Kernel,
    ) -> Self {
        ScalarFunction {
            name,
            aliases: &[],
            category,
            description: "",
            signature,
            example: "",
            determinism: Determinism::Deterministic,
            may_fail: false,
            typing,
            implementation: Implementation::Kernel(kernel),
        }
    }

    pub(crate) const fn lazy(
        category: Category,
        name: &'static str,
        signature: &'static str,
        typing: Typing,
    ) -> Self {
        let mut function = Self::new(category, name, signature, typing, never);
        function.implementation = Implementation::Lazy;
        function
    }

    pub(crate) const fn refuse(
        category: Category,
        name: &'static str,
        reason: &'static str,
    ) -> Self {
        let mut function = Self::new(category, name, name, Typing::Never, never);
        function.implementation = Implementation::Refused(reason);
        function.description = reason;
        function
    }

    pub(crate) const fn doc(mut self, description: &'static str, example: &'static str) -> Self {
        self.description = description;
        self.example = example;
        self
    }

    pub(crate) const fn alias(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    pub(crate) const fn fails(mut self) -> Self {
        self.may_fail = true;
        self
    }

    pub(crate) const fn dynamic(mut self) -> Self {
        self.determinism = Determinism::Dynamic;
        self
    }

    pub(crate) const fn random(mut self) -> Self {
        self.determinism = Determinism::NonDeterministic;
        self
    }

    /// Why the function is not available, if it is one that Flink has and this engine has not.
    pub fn refused(&self) -> Option<&'static str> {
        match self.implementation {
            Implementation::Refused(reason) => Some(reason),
            _ => None,
        }
    }

    /// What the arguments convert to and what the call returns.
    pub fn resolve(&self, args: &[Argument]) -> Result<Resolution, SignatureError> {
        let reason = match self.refused() {
            Some(reason) => format!("it is not available: {reason}"),
            None => match self.typing.resolve(args) {
                Ok(resolution) => return Ok(resolution),
                Err(Mismatch::Signature) => "no signature fits".to_string(),
                Err(Mismatch::Because(reason)) => reason,
            },
        };
        let got: Vec<String> = args.iter().map(|arg| arg.ty.kind.to_string()).collect();
        Err(SignatureError {
            function: self.name,
            got: got.join(", "),
            reason,
            supported: self.signature,
        })
    }
}

impl std::fmt::Debug for ScalarFunction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("ScalarFunction").field(&self.name).finish()
    }
}

fn never(args: &Args<'_>) -> OperatorResult<ArrayRef> {
    // Lazy forms are compiled away and refused functions never resolve; a hand-made plan may still ask.
    let ty: &TypeKind = &args.result.kind;
    Err(alpheus_dataflow::OperatorError::fatal(format!(
        "a function that returns {ty} has no kernel of its own: the plan was not made by this planner"
    )))
}

static BY_NAME: LazyLock<HashMap<&'static str, &'static ScalarFunction>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for function in all() {
        for name in std::iter::once(&function.name).chain(function.aliases) {
            names.insert(*name, function);
        }
    }
    names
});

/// The function of that name or alias, in any case.
pub fn lookup(name: &str) -> Option<&'static ScalarFunction> {
    let found = BY_NAME.get(name);
    found
        .or_else(|| BY_NAME.get(name.to_uppercase().as_str()))
        .copied()
}

/// Every function, refused ones included, by category and in the order of their tables.
pub fn all() -> impl Iterator<Item = &'static ScalarFunction> {
    crate::scalar::TABLES.iter().copied().flatten()
}

/// The available name most like `name`, if one is near enough to be meant.
pub fn nearest(name: &str) -> Option<&'static str> {
    let upper = name.to_uppercase();
    let names = all()
        .filter(|function| function.refused().is_none())
        .flat_map(|function| {
            std::iter::once(function.name).chain(function.aliases.iter().copied())
        });
    let scored = names.map(|candidate| (strsim::jaro_winkler(&upper, candidate), candidate));
    scored
        .filter(|(score, _)| *score > 0.82)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests;
