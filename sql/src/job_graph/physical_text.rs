//! The operators as a tree, in the manner of Flink's EXPLAIN CHANGELOG_MODE.

use std::fmt::Write as _;

use alpheus_dataflow::graph::Partitioning;

use super::physical::PhysicalOperator;

/// A tree for each sink, root first, inputs indented, each with its `changelogMode`.
pub(super) fn tree(operators: &[PhysicalOperator]) -> String {
    let mut read = vec![false; operators.len()];
    for input in operators.iter().flat_map(|operator| &operator.inputs) {
        read[input.operator] = true;
    }
    let mut text = String::new();
    for (position, operator) in operators.iter().enumerate() {
        if !read[position] {
            write_operator(operators, operator, 0, &mut text);
        }
    }
    text
}

fn write_operator(
    operators: &[PhysicalOperator],
    operator: &PhysicalOperator,
    depth: usize,
    text: &mut String,
) {
    let is_root = depth == 0;
    // A sink passes nothing on: as in Flink its mode is NONE.
    let mode = if is_root {
        "[NONE]"
    } else {
        operator.changelog.explain()
    };
    write_line(operator.description(), mode, depth, text);
    for input in &operator.inputs {
        let source = &operators[input.operator];
        let column = |&key: &usize| source.output.fields[key].name.clone();
        let distribution = match &input.partitioning {
            Partitioning::Forward => None,
            Partitioning::Rebalance => Some("rebalance".to_owned()),
            Partitioning::Global => Some("single".to_owned()),
            Partitioning::Broadcast => Some("broadcast".to_owned()),
            Partitioning::Hash { keys } => {
                let keys: Vec<String> = keys.iter().map(column).collect();
                Some(format!("hash[{}]", keys.join(", ")))
            }
        };
        let mut below = depth + 1;
        if let Some(distribution) = distribution {
            let exchange = format!("Exchange(distribution=[{distribution}])");
            write_line(&exchange, source.changelog.explain(), below, text);
            below += 1;
        }
        write_operator(operators, source, below, text);
    }
}

fn write_line(description: &str, mode: &str, depth: usize, text: &mut String) {
    if depth > 0 {
        text.push_str(&"   ".repeat(depth - 1));
        text.push_str("+- ");
    }
    let open = description.strip_suffix(')').unwrap_or(description);
    let comma = if open.ends_with('(') { "" } else { ", " };
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "{open}{comma}changelogMode=[{}])",
        &mode[1..mode.len() - 1]
    );
}
