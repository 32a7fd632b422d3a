//! From a planned expression to a tree of kernels, with constant parts computed.

use std::sync::Arc;

use alpheus_dataflow::types::LogicalType;
use alpheus_dataflow::user_functions::{function_name, is_user_function};
use alpheus_dataflow::{Expr, OperatorError, OperatorResult};
use arrow::array::ArrayRef;

use super::cache::Cache;
use super::eval::Rows;
use super::literal::literal_to_array;
use super::session::Session;
use crate::cast::CastPlan;
use crate::registry::{self, Determinism, Implementation, ScalarFunction};
use crate::user::{self, UserImplementation, UserScalar};

/// A node of a compiled expression.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) form: Form,
    /// Whether a row can make it, or something below it, fail.
    pub(super) may_fail: bool,
    /// Whether it may be computed once for all: no columns, no clock, no chance below it.
    fixed: bool,
}

/// What a node does.
#[derive(Debug)]
pub(super) enum Form {
    Input(usize),
    Constant(ArrayRef),
    Call(Call),
    User(UserCall),
    Cast {
        input: Box<Node>,
        plan: CastPlan,
    },
    /// CASE and IF.
    Case {
        branches: Vec<(Node, Node)>,
        otherwise: Option<Box<Node>>,
        ty: LogicalType,
    },
    /// COALESCE and IFNULL.
    Coalesce {
        args: Vec<Node>,
        ty: LogicalType,
    },
    /// AND (`true` decides nothing) and OR (`false` decides nothing).
    Connective {
        left: Box<Node>,
        right: Box<Node>,
        and: bool,
    },
}

/// A call of a kernel.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: &'static ScalarFunction,
    pub(super) args: Vec<Node>,
    pub(super) arg_types: Vec<LogicalType>,
    pub(super) result: LogicalType,
    pub(super) cache: Cache,
}

/// A call of a function of the user.
#[derive(Debug)]
pub(super) struct UserCall {
    pub(super) function: Arc<dyn UserScalar>,
    pub(super) args: Vec<Node>,
    pub(super) result: LogicalType,
    /// For messages.
    pub(super) name: String,
}

/// Compiles `expr`.
pub(super) fn build(expr: &Expr, session: &Arc<Session>) -> OperatorResult<Node> {
    let node = build_form(expr, session)?;
    if !node.fixed || matches!(node.form, Form::Constant(_)) {
        return Ok(node);
    }
    // A constant that fails is left alone: its row may never be asked for.
    let once = Rows::constant(session);
    match node.evaluate(&once).and_then(|value| value.into_column(1)) {
        Ok(array) => Ok(Node::constant(array)),
        Err(_) => Ok(node),
    }
}

impl Node {
    fn constant(array: ArrayRef) -> Node {
        Node {
            form: Form::Constant(array),
            may_fail: false,
            fixed: true,
        }
    }
}

fn build_form(expr: &Expr, session: &Arc<Session>) -> OperatorResult<Node> {
    match expr {
        Expr::Input { index, .. } => Ok(Node {
            form: Form::Input(*index),
            may_fail: false,
            fixed: false,
        }),
        Expr::Literal { value, ty } => Ok(Node::constant(literal_to_array(value, ty)?)),
        Expr::Cast {
            input,
            ty,
            try_cast,
        } => {
            let plan = CastPlan::new(input.ty(), ty, *try_cast, session)?;
            let input = build(input, session)?;
            if plan.is_identity() {
                return Ok(input);
            }
            Ok(Node {
                may_fail: input.may_fail || plan.may_fail(),
                fixed: input.fixed,
                form: Form::Cast {
                    input: Box::new(input),
                    plan,
                },
            })
        }
        Expr::Case {
            branches,
            otherwise,
            ty,
        } => {
            let branches: Vec<(Node, Node)> = branches
                .iter()
                .map(|(condition, result)| {
                    Ok((build(condition, session)?, build(result, session)?))
                })
                .collect::<OperatorResult<_>>()?;
            let otherwise = match otherwise {
                Some(otherwise) => Some(Box::new(build(otherwise, session)?)),
                None => None,
            };
            Ok(case(branches, otherwise, ty))
        }
        Expr::Call { function, args, ty } => build_call(function, args, ty, session),
    }
}

fn case(branches: Vec<(Node, Node)>, otherwise: Option<Box<Node>>, ty: &LogicalType) -> Node {
    let pairs = branches
        .iter()
        .flat_map(|(condition, result)| [condition, result]);
    let all: Vec<&Node> = pairs.chain(otherwise.as_deref()).collect();
    let may_fail = all.iter().any(|node| node.may_fail);
    let fixed = all.iter().all(|node| node.fixed);
    Node {
        form: Form::Case {
            branches,
            otherwise,
            ty: ty.clone(),
        },
        may_fail,
        fixed,
    }
}

fn build_call(
    name: &str,
    args: &[Expr],
    ty: &LogicalType,
    session: &Arc<Session>,
) -> OperatorResult<Node> {
    if is_user_function(name) {
        return build_user_call(name, args, ty, session);
    }
    let function = registry::lookup(name).ok_or_else(|| {
        OperatorError::fatal(format!("the plan calls {name}, which is no function"))
    })?;
    let nodes: Vec<Node> = args
        .iter()
        .map(|arg| build(arg, session))
        .collect::<OperatorResult<_>>()?;
    match function.implementation {
        Implementation::Refused(reason) => Err(OperatorError::fatal(format!(
            "the plan calls {name}, which is not available: {reason}"
        ))),
        Implementation::Lazy => lazy(function, nodes, ty),
        Implementation::Kernel(_) => {
            let moves = match function.determinism {
                Determinism::Deterministic => false,
                Determinism::Dynamic => !session.bounded,
                Determinism::NonDeterministic => true,
            };
            let may_fail = function.may_fail || nodes.iter().any(|node| node.may_fail);
            let fixed = !moves && nodes.iter().all(|node| node.fixed);
            Ok(Node {
                form: Form::Call(Call {
                    function,
                    args: nodes,
                    arg_types: args.iter().map(|arg| arg.ty().clone()).collect(),
                    result: ty.clone(),
                    cache: Cache::default(),
                }),
                may_fail,
                fixed,
            })
        }
    }
}

/// A function of the user may fail, and equal arguments give equal results: its code sees nothing else.
fn build_user_call(
    id: &str,
    args: &[Expr],
    ty: &LogicalType,
    session: &Arc<Session>,
) -> OperatorResult<Node> {
    let found = user::find(id)?;
    let name = function_name(id).to_owned();
    let UserImplementation::Scalar(function) = &found.implementation else {
        return Err(OperatorError::fatal(format!(
            "the plan calls {name}, which is an aggregate function"
        )));
    };
    let args = args.iter().map(|arg| build(arg, session));
    let args: Vec<Node> = args.collect::<OperatorResult<_>>()?;
    Ok(Node {
        may_fail: true,
        fixed: args.iter().all(|node| node.fixed),
        form: Form::User(UserCall {
            function: Arc::clone(function),
            args,
            result: ty.clone(),
            name,
        }),
    })
}

/// The forms that do not evaluate all their arguments.
fn lazy(function: &ScalarFunction, nodes: Vec<Node>, ty: &LogicalType) -> OperatorResult<Node> {
    let may_fail = nodes.iter().any(|node| node.may_fail);
    let fixed = nodes.iter().all(|node| node.fixed);
    let wrong = |count: usize| {
        OperatorError::fatal(format!(
            "the plan calls {} with {count} arguments",
            function.name
        ))
    };
    let count = nodes.len();
    match function.name {
        "AND" | "OR" => {
            let and = function.name == "AND";
            let connect = |left: Node, right: Node| Node {
                may_fail: left.may_fail || right.may_fail,
                fixed: left.fixed && right.fixed,
                form: Form::Connective {
                    left: Box::new(left),
                    right: Box::new(right),
                    and,
                },
            };
            nodes
                .into_iter()
                .reduce(connect)
                .ok_or_else(|| wrong(count))
        }
        "IF" => {
            let [condition, then, otherwise] =
                <[Node; 3]>::try_from(nodes).map_err(|_| wrong(count))?;
            Ok(case(vec![(condition, then)], Some(Box::new(otherwise)), ty))
        }
        // COALESCE and IFNULL.
        _ => Ok(Node {
            form: Form::Coalesce {
                args: nodes,
                ty: ty.clone(),
            },
            may_fail,
            fixed,
        }),
    }
}
