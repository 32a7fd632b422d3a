//! Small plans, run.

#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use alpheus_dataflow::expr::{Expr, Literal};
use alpheus_dataflow::graph::SessionSettings;
use alpheus_dataflow::window::{TimeAttribute, WindowSpec};
use alpheus_dataflow::{AggregateCall, JobId, LogicalType, TypeKind};
use alpheus_hadoop_conf::Configuration;
use alpheus_sql::rel::{Output, PlanField, PlanSchema, Rel, RelNode, Target};
use arrow::util::display::{ArrayFormatter, FormatOptions};

use crate::{BatchError, BatchJob, MemoryBudget, run};

fn int() -> LogicalType {
    TypeKind::Integer.nullable()
}

fn text() -> LogicalType {
    TypeKind::string().nullable()
}

fn time() -> LogicalType {
    TypeKind::Timestamp(3).nullable()
}

/// Rows of (name, number, time in ms).
fn rows(rows: &[(Option<&str>, Option<i64>, Option<i64>)]) -> Arc<Rel> {
    let cell = |value: Option<Literal>, ty| Expr::literal(value.unwrap_or(Literal::Null), ty);
    let rows = rows.iter().map(|(name, number, at)| {
        vec![
            cell(name.map(|name| Literal::String(name.to_owned())), text()),
            cell(number.map(Literal::Int), int()),
            cell(at.map(Literal::Int), time()),
        ]
    });
    let fields = vec![
        PlanField::new("k", text()),
        PlanField::new("v", int()),
        PlanField::new("ts", time()),
    ];
    Arc::new(Rel {
        node: RelNode::Values {
            rows: rows.collect(),
        },
        schema: PlanSchema { fields },
    })
}

fn aggregate_call(function: &str, args: Vec<usize>, ty: LogicalType) -> AggregateCall {
    let arg_types = args.iter().map(|_| int()).collect();
    AggregateCall {
        function: function.to_owned(),
        args,
        arg_types,
        distinct: false,
        filter: None,
        order_by: Vec::new(),
        ty,
    }
}

fn collect(query: Arc<Rel>) -> Result<Vec<String>, BatchError> {
    collect_within(query, None)
}

fn collect_within(
    query: Arc<Rel>,
    memory: Option<MemoryBudget>,
) -> Result<Vec<String>, BatchError> {
    let job = BatchJob {
        memory,
        id: JobId(1),
        outputs: vec![Output {
            query,
            target: Target::Collect { result: 0 },
        }],
        parallelism: 2,
        session: SessionSettings {
            time_zone: "UTC".to_owned(),
            planned_at: 0,
            bounded: true,
        },
        configuration: BTreeMap::new(),
        cancel: Arc::new(AtomicBool::new(false)),
    };
    let mut lines = Vec::new();
    run(&job, &mut |_, batch| {
        let options = FormatOptions::default().with_null("NULL");
        let columns = batch
            .columns()
            .iter()
            .map(|c| ArrayFormatter::try_new(c, &options).unwrap());
        let columns: Vec<_> = columns.collect();
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = columns
                .iter()
                .map(|column| column.value(row).to_string())
                .collect();
            lines.push(cells.join(" "));
        }
        Ok(())
    })?;
    lines.sort();
    Ok(lines)
}

#[test]
fn filters_projects_and_groups() {
    let input = rows(&[
        (Some("a"), Some(1), None),
        (Some("b"), Some(2), None),
        (Some("a"), Some(3), None),
    ]);
    let greater = Expr::call(
        ">",
        vec![Expr::input(1, int()), Expr::literal(Literal::Int(0), int())],
        TypeKind::Boolean.nullable(),
    );
    let filtered = Rel::filter(input, greater);
    let projected = Rel::project(
        filtered,
        vec![
            ("k".to_owned(), Expr::input(0, text())),
            ("v".to_owned(), Expr::input(1, int())),
        ],
    );
    let count_type = TypeKind::BigInt.not_null();
    let fields = vec![
        PlanField::new("k", text()),
        PlanField::new("s", int()),
        PlanField::new("n", count_type.clone()),
    ];
    let grouped = Rel {
        node: RelNode::Aggregate {
            input: projected,
            keys: vec![0],
            aggregates: vec![
                aggregate_call("SUM", vec![1], int()),
                aggregate_call("COUNT", vec![], count_type),
            ],
        },
        schema: PlanSchema { fields },
    };
    assert_eq!(collect(Arc::new(grouped)).unwrap(), ["a 4 2", "b 2 1"]);
}

#[test]
fn a_global_aggregate_of_nothing_is_one_row() {
    let nothing = Rel::filter(rows(&[(Some("a"), Some(1), None)]), Expr::boolean(false));
    let count_type = TypeKind::BigInt.not_null();
    let count = Rel {
        node: RelNode::Aggregate {
            input: nothing,
            keys: vec![],
            aggregates: vec![aggregate_call("COUNT", vec![], count_type.clone())],
        },
        schema: PlanSchema {
            fields: vec![PlanField::new("n", count_type)],
        },
    };
    assert_eq!(collect(Arc::new(count)).unwrap(), ["0"]);
}

#[test]
fn windows_are_laid_out_and_rows_without_time_are_in_none() {
    let input = rows(&[
        (Some("a"), Some(1), Some(0)),
        (Some("a"), Some(2), Some(15_000)),
        (None, Some(9), None),
    ]);
    let mut fields = vec![PlanField::new("s", int())];
    for name in ["window_start", "window_end", "window_time"] {
        fields.push(PlanField::new(name, time()));
    }
    let windowed = Rel {
        node: RelNode::WindowAggregate {
            input,
            window: WindowSpec::Hop {
                size: 20_000,
                slide: 10_000,
                offset: 0,
            },
            time: TimeAttribute::Event { column: 2 },
            keys: vec![],
            aggregates: vec![aggregate_call("SUM", vec![1], int())],
        },
        schema: PlanSchema { fields },
    };
    let start_and_sum: Vec<String> = collect(Arc::new(windowed)).unwrap();
    assert_eq!(
        start_and_sum,
        [
            "1 1969-12-31T23:59:50 1970-01-01T00:00:10 1970-01-01T00:00:09.999",
            "2 1970-01-01T00:00:10 1970-01-01T00:00:30 1970-01-01T00:00:29.999",
            "3 1970-01-01T00:00:00 1970-01-01T00:00:20 1970-01-01T00:00:19.999",
        ]
    );
}

#[test]
fn an_error_of_an_expression_comes_out_as_it_went_in() {
    let input = rows(&[(None, Some(0), None)]);
    let divided = Expr::call(
        "/",
        vec![Expr::literal(Literal::Int(1), int()), Expr::input(1, int())],
        int(),
    );
    let error = collect(Rel::project(input, vec![("q".to_owned(), divided)])).unwrap_err();
    assert!(matches!(error, BatchError::Operator(_)), "{error:?}");
    assert!(error.to_string().contains("division by zero"), "{error}");
}

/// The output of the one query of a script in batch mode.
fn planned(script: &str) -> Output {
    let mut session = alpheus_sql::Session::new(Configuration::new());
    let script = format!("SET 'execution.runtime-mode' = 'batch'; {script}");
    let mut outputs = Vec::new();
    for statement in &alpheus_sql_parser::parse_script(&script).unwrap() {
        if let alpheus_sql::Outcome::Job(job) = session.execute(statement, &script).unwrap() {
            outputs = job.outputs;
        }
    }
    outputs.remove(0)
}

#[test]
fn a_sort_that_does_not_fit_into_memory_goes_on_disk() {
    let Output { query, .. } = planned(
        "CREATE TABLE n (i BIGINT) WITH ('connector' = 'datagen', 'fields.i.kind' = 'sequence',
           'fields.i.start' = '10000', 'fields.i.end' = '24999');
         SELECT REPEAT(REVERSE(CAST(i AS STRING)), 40) FROM n ORDER BY 1;",
    );
    let folder = tempfile::tempdir().unwrap();
    let within = |bytes| MemoryBudget {
        bytes,
        folders: vec![folder.path().to_owned()],
    };
    let all = collect_within(Arc::clone(&query), None).unwrap();
    assert_eq!(all.len(), 15_000);
    let spilled = collect_within(Arc::clone(&query), Some(within(3 << 20))).unwrap();
    assert!(spilled == all);
    let error = collect_within(query, Some(within(16 << 10))).unwrap_err();
    let error = error.to_string();
    assert!(error.contains("taskmanager.memory.managed.size"), "{error}");
}
