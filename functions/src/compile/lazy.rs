//! CASE, COALESCE, AND and OR: arguments evaluated for the rows that need them.
//!
//! An argument that cannot fail is evaluated for all rows, which is cheaper than selecting them; one that
//! can is evaluated for its rows alone. What each row finally gets is a pair (source array, position),
//! and one `interleave` puts the column together, whatever its type.

use alpheus_dataflow::types::LogicalType;
use alpheus_dataflow::{OperatorError, OperatorResult};
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, new_null_array};
use arrow::buffer::BooleanBuffer;
use arrow::compute::{and_kleene, interleave, is_null, or_kleene};

use super::build::Node;
use super::eval::{Rows, selected};
use super::overlay;
use super::value::Value;

/// Where the value of each row comes from.
struct Assembly {
    sources: Vec<ArrayRef>,
    places: Vec<(usize, usize)>,
}

impl Assembly {
    /// All rows NULL.
    fn new(ty: &LogicalType, rows: usize) -> Self {
        Assembly {
            sources: vec![new_null_array(&ty.to_arrow(), 1)],
            places: vec![(0, 0); rows],
        }
    }

    /// Gives the rows of `mask` the values of `node`; hands out the values if they had to be looked at.
    fn assign(&mut self, node: &Node, mask: &BooleanArray, rows: &Rows<'_>) -> OperatorResult<()> {
        if mask.true_count() == 0 {
            return Ok(());
        }
        let source = self.sources.len();
        if node.may_fail && mask.true_count() < rows.len {
            let value = node.evaluate(&rows.select(mask, node)?)?;
            for (nth, row) in selected(mask).enumerate() {
                self.places[row] = (source, if value.is_constant() { 0 } else { nth });
            }
            self.sources.push(value.array().clone());
        } else {
            let value = node.evaluate(rows)?;
            for row in selected(mask) {
                self.places[row] = (source, if value.is_constant() { 0 } else { row });
            }
            self.sources.push(value.array().clone());
        }
        Ok(())
    }

    fn finish(self) -> OperatorResult<Value> {
        let sources: Vec<&dyn Array> = self.sources.iter().map(|source| source.as_ref()).collect();
        Ok(Value::Column(interleave(&sources, &self.places)?))
    }
}

/// Rows of `mask` where `condition` is TRUE.
fn truth(condition: &Node, mask: &BooleanArray, rows: &Rows<'_>) -> OperatorResult<BooleanBuffer> {
    let known = |values: &BooleanArray| match values.nulls() {
        Some(nulls) => values.values() & nulls.inner(),
        None => values.values().clone(),
    };
    if condition.may_fail && mask.true_count() < rows.len {
        let value = condition.evaluate(&rows.select(mask, condition)?)?;
        let values = known(value.array().as_boolean());
        let mut truth = vec![false; rows.len];
        for (nth, row) in selected(mask).enumerate() {
            truth[row] = values.value(if value.is_constant() { 0 } else { nth });
        }
        return Ok(BooleanBuffer::from(truth));
    }
    let value = condition.evaluate(rows)?;
    let values = known(value.array().as_boolean());
    if value.is_constant() {
        return Ok(if values.value(0) {
            mask.values().clone()
        } else {
            BooleanBuffer::new_unset(rows.len)
        });
    }
    Ok(&values & mask.values())
}

/// CASE WHEN and IF.
pub(super) fn case(
    branches: &[(Node, Node)],
    otherwise: Option<&Node>,
    ty: &LogicalType,
    rows: &Rows<'_>,
) -> OperatorResult<Value> {
    let mut open = BooleanArray::new(BooleanBuffer::new_set(rows.len), None);
    let mut choices: Vec<(&Node, BooleanBuffer)> = Vec::with_capacity(branches.len() + 1);
    for (condition, result) in branches {
        if open.true_count() == 0 {
            break;
        }
        let chosen = truth(condition, &open, rows)?;
        open = BooleanArray::new(open.values() & &!&chosen, None);
        choices.push((result, chosen));
    }
    choices.extend(otherwise.map(|otherwise| (otherwise, open.values().clone())));
    choices.retain(|(_, chosen)| chosen.count_set_bits() > 0);
    if let [(result, chosen)] = choices.as_slice()
        && chosen.count_set_bits() == rows.len
    {
        return result.evaluate(rows);
    }
    if overlay::fits(ty) && choices.iter().all(|(result, _)| !result.may_fail) {
        let values = choices.into_iter();
        let values = values.map(|(result, chosen)| Ok((chosen, result.evaluate(rows)?)));
        let values = values.collect::<OperatorResult<Vec<_>>>()?;
        if let Some(column) = overlay::overlay(&values, ty, rows.len) {
            return Ok(Value::Column(column));
        }
        return Err(OperatorError::fatal(format!("a CASE cannot be of {ty}")));
    }
    let mut assembly = Assembly::new(ty, rows.len);
    for (result, chosen) in choices {
        assembly.assign(result, &BooleanArray::new(chosen, None), rows)?;
    }
    assembly.finish()
}

/// COALESCE and IFNULL.
pub(super) fn coalesce(args: &[Node], ty: &LogicalType, rows: &Rows<'_>) -> OperatorResult<Value> {
    let mut open = BooleanArray::new(BooleanBuffer::new_set(rows.len), None);
    let mut assembly = Assembly::new(ty, rows.len);
    for arg in args {
        let all_open = open.true_count() == rows.len;
        if all_open {
            let value = arg.evaluate(rows)?;
            if value.array().null_count() == 0 {
                return Ok(value);
            }
            if value.is_constant() {
                continue;
            }
            let source = assembly.sources.len();
            for (row, place) in assembly.places.iter_mut().enumerate() {
                *place = (source, row);
            }
            open = is_null(value.array())?;
            assembly.sources.push(value.array().clone());
            continue;
        }
        assembly.assign(arg, &open, rows)?;
        // Rows that are still NULL stay open for the next argument.
        let still: Vec<bool> = (0..rows.len)
            .map(|row| {
                let (source, at) = assembly.places[row];
                open.value(row) && assembly.sources[source].is_null(at)
            })
            .collect();
        open = BooleanArray::from(still);
        if open.true_count() == 0 {
            break;
        }
    }
    assembly.finish()
}

/// AND and OR. A right side that can fail is evaluated where the left side does not decide.
pub(super) fn connective(
    left: &Node,
    right: &Node,
    and: bool,
    rows: &Rows<'_>,
) -> OperatorResult<Value> {
    let left = left.evaluate(rows)?;
    let lefts = left.array().as_boolean();
    let decides = |value: Option<bool>| value == Some(!and);
    if left.is_constant() {
        if decides(lefts.is_valid(0).then(|| lefts.value(0))) {
            return Ok(left);
        }
        let right = right.evaluate(rows)?;
        if right.is_constant() {
            return kleene(lefts, right.array().as_boolean(), and).map(Value::Constant);
        }
        if lefts.is_valid(0) {
            return Ok(right);
        }
        let column = left.into_column(rows.len)?;
        return kleene(column.as_boolean(), right.array().as_boolean(), and).map(Value::Column);
    }
    let rights = if right.may_fail {
        let undecided: BooleanArray = lefts.iter().map(|value| Some(!decides(value))).collect();
        if undecided.true_count() == 0 {
            return Ok(left);
        }
        let ty = alpheus_dataflow::types::TypeKind::Boolean.nullable();
        let mut assembly = Assembly::new(&ty, rows.len);
        assembly.assign(right, &undecided, rows)?;
        assembly.finish()?
    } else {
        right.evaluate(rows)?
    };
    let rights = rights.into_column(rows.len)?;
    kleene(lefts, rights.as_boolean(), and).map(Value::Column)
}

fn kleene(left: &BooleanArray, right: &BooleanArray, and: bool) -> OperatorResult<ArrayRef> {
    let result = if and {
        and_kleene(left, right)?
    } else {
        or_kleene(left, right)?
    };
    Ok(std::sync::Arc::new(result))
}
