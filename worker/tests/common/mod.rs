//! A job in miniature: a source of numbered rows, a sink that commits in two phases, and an AM that
//! does as little as an AM can.
#![allow(clippy::unwrap_used, dead_code)]

pub mod am;
pub mod tables;

use std::collections::BTreeMap;

use alpheus_dataflow::changelog::ChangelogMode;
use alpheus_dataflow::expr::Expr;
use alpheus_dataflow::graph::{
    Edge, JobGraph, OperatorNode, OperatorSpec, Partitioning, SessionSettings, TableSpec, Vertex,
    WatermarkSpec,
};
use alpheus_dataflow::ids::{OperatorId, VertexId};
use alpheus_dataflow::schema::{Field, RowType};
use alpheus_dataflow::types::TypeKind;

pub const SOURCE: VertexId = VertexId(0);
pub const SINK: VertexId = VertexId(1);

/// Columns `k BIGINT, v BIGINT, ts TIMESTAMP(3)`.
pub fn row_type() -> RowType {
    RowType::new(vec![
        Field::new("k", TypeKind::BigInt.nullable()),
        Field::new("v", TypeKind::BigInt.nullable()),
        Field::new("ts", TypeKind::Timestamp(3).nullable()),
    ])
}

fn node(id: u128, name: &str, spec: OperatorSpec) -> OperatorNode {
    OperatorNode {
        id: OperatorId(id),
        name: name.to_owned(),
        spec,
        output: row_type(),
        changelog: ChangelogMode::InsertOnly,
    }
}

fn table(name: &str) -> TableSpec {
    TableSpec {
        identifier: name.to_owned(),
        connector: "test".to_owned(),
        options: BTreeMap::new(),
        schema: row_type(),
        metadata: BTreeMap::new(),
        primary_key: Vec::new(),
        partition_keys: Vec::new(),
    }
}

/// Source and assigner, an exchange by key, a calculation and the sink.
pub fn graph(parallelism: u32, partitioning: Partitioning) -> JobGraph {
    let columns = row_type().fields;
    let source = OperatorSpec::Source {
        table: table("numbers"),
        projection: vec![0, 1, 2],
        filters: Vec::new(),
    };
    let assigner = OperatorSpec::WatermarkAssigner(WatermarkSpec {
        rowtime: 2,
        expr: Expr::input(2, TypeKind::Timestamp(3).nullable()),
        idle_timeout_ms: 0,
        alignment: None,
    });
    let projection = columns
        .iter()
        .enumerate()
        .map(|(index, field)| Expr::input(index, field.ty.clone()));
    let calc = OperatorSpec::Calc {
        filter: None,
        projection: projection.collect(),
    };
    let sink = OperatorSpec::Sink {
        table: table("sums"),
        input: ChangelogMode::InsertOnly,
        overwrite: false,
        static_partition: BTreeMap::new(),
    };
    JobGraph {
        name: "test".to_owned(),
        vertices: vec![
            Vertex {
                id: SOURCE,
                name: "Source: numbers".to_owned(),
                parallelism,
                chain: vec![
                    node(1, "Source", source),
                    node(2, "WatermarkAssigner", assigner),
                ],
            },
            Vertex {
                id: SINK,
                name: "Sink: sums".to_owned(),
                parallelism,
                chain: vec![node(3, "Calc", calc), node(4, "Sink", sink)],
            },
        ],
        edges: vec![Edge {
            from: SOURCE,
            to: SINK,
            input: 0,
            partitioning,
        }],
        max_parallelism: 128,
        session: SessionSettings {
            time_zone: "UTC".to_owned(),
            planned_at: 0,
            bounded: false,
        },
        configuration: BTreeMap::new(),
        functions: Default::default(),
    }
}
