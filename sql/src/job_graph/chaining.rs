//! Operators to vertices: those that can hand rows straight on share a task.
//!
//! Two operators are chained when the first feeds only the second, the second reads only the first,
//! rows go from subtask i to subtask i, and `pipeline.operator-chaining.enabled` allows it.

use alpheus_dataflow::graph::{Edge, JobGraph, OperatorNode, OperatorSpec, Partitioning, Vertex};
use alpheus_dataflow::ids::VertexId;

use super::PlannerSettings;
use super::physical::PhysicalOperator;

pub(super) fn build_graph(
    operators: Vec<PhysicalOperator>,
    settings: &PlannerSettings,
) -> JobGraph {
    let mut readers = vec![0usize; operators.len()];
    for operator in &operators {
        for input in &operator.inputs {
            readers[input.operator] += 1;
        }
    }
    // Operators come inputs first, so the vertex of an input is known when its reader is looked at.
    let mut vertex_of: Vec<u32> = Vec::with_capacity(operators.len());
    let mut vertices: Vec<Vertex> = Vec::new();
    let mut edges: Vec<Edge> = Vec::new();
    let job_name = settings
        .job_name
        .clone()
        .unwrap_or_else(|| default_name(&operators));
    for operator in operators {
        let node = OperatorNode {
            id: operator.id,
            name: operator.name,
            spec: operator.spec,
            output: operator.output,
            changelog: operator.changelog,
        };
        let chained = match operator.inputs.as_slice() {
            [input] => (settings.chaining
                && input.partitioning == Partitioning::Forward
                && readers[input.operator] == 1)
                .then(|| vertex_of[input.operator]),
            _ => None,
        };
        if let Some(vertex) = chained {
            vertices[vertex as usize].chain.push(node);
            vertex_of.push(vertex);
            continue;
        }
        let id = VertexId(vertices.len() as u32);
        edges.extend(operator.inputs.iter().map(|input| Edge {
            from: VertexId(vertex_of[input.operator]),
            to: id,
            input: input.input,
            partitioning: input.partitioning.clone(),
        }));
        vertices.push(Vertex {
            id,
            name: String::new(),
            parallelism: operator.parallelism,
            chain: vec![node],
        });
        vertex_of.push(id.0);
    }
    for vertex in &mut vertices {
        let names: Vec<&str> = vertex.chain.iter().map(|node| node.name.as_str()).collect();
        vertex.name = names.join(" -> ");
    }
    JobGraph {
        name: job_name,
        vertices,
        edges,
        max_parallelism: settings.max_parallelism,
        session: settings.session.clone(),
        configuration: settings.configuration.clone(),
        functions: Default::default(),
    }
}

/// As Flink names jobs that nobody named: by where they write.
fn default_name(operators: &[PhysicalOperator]) -> String {
    let targets: Vec<&str> = (operators.iter())
        .filter_map(|operator| match &operator.spec {
            OperatorSpec::Sink { table, .. } => Some(table.identifier.as_str()),
            OperatorSpec::Collect { .. } => Some("collect"),
            _ => None,
        })
        .collect();
    format!("insert-into_{}", targets.join(","))
}
