//! Changes by key to a changelog that says what each of them replaces (Flink's `ChangelogNormalize`,
//! `ProcTimeDeduplicateKeepLastRowFunction` on a changelog).
//!
//! A source that is updated by key does not say what an update replaces, and one that repeats events after
//! a failure (`table.exec.source.cdc-events-duplicate`) says it twice. Kept is the last row of each key:
//! a `+I` or `+U` of a new key is `+I`, of a known one `-U` (unless nobody needs it) and `+U`, or nothing
//! where the row is the same; a `-D` takes back the row that is kept, whatever its other columns say, and
//! nothing where none is; `-U` means nothing beside the `+U` that follows it.
//!
//! State `rows`: the last row of each key. A state TTL applies: with one, a row that is the same is
//! emitted again, so that those who read it keep theirs, too.

use std::sync::Arc;

use alpheus_dataflow::changelog::{ChangelogBatch, RowKind};
use alpheus_dataflow::element::CheckpointBarrier;
use alpheus_dataflow::graph::{OperatorNode, OperatorSpec};
use alpheus_dataflow::hash::hash_columns;
use alpheus_dataflow::operator::{Clock, Collector, Operator, OperatorContext, SystemClock};
use alpheus_dataflow::schema::RowType;
use alpheus_dataflow::snapshot::{OperatorSnapshot, StateReader};
use alpheus_dataflow::{OperatorError, OperatorResult};
use alpheus_state::map_state::{MapState, MapStateSpec};
use arrow::datatypes::SchemaRef;

use super::group_aggregate::key_types;
use super::ordered_rows::pick;
use super::row_changes::RowChanges;

/// The one entry of a key.
const ENTRY: &[u8] = &[];

/// The operator; see the module's documentation.
pub struct ChangelogNormalize {
    keys: Vec<usize>,
    update_before: bool,
    timed: bool,
    rows: MapState,
    output: SchemaRef,
    clock: Arc<dyn Clock>,
}

impl ChangelogNormalize {
    /// The operator of a `ChangelogNormalize` node whose input has the columns `input`.
    ///
    /// # Errors
    /// When the node is another one, or a column can be no key.
    pub fn new(node: &OperatorNode, input: &RowType) -> OperatorResult<Self> {
        let OperatorSpec::ChangelogNormalize {
            keys,
            generate_update_before,
            state_ttl_ms,
        } = &node.spec
        else {
            return Err(OperatorError::fatal(format!(
                "{} is no ChangelogNormalize",
                node.name
            )));
        };
        Ok(ChangelogNormalize {
            keys: keys.clone(),
            update_before: *generate_update_before,
            timed: *state_ttl_ms > 0,
            rows: MapState::new(MapStateSpec {
                name: "rows".to_owned(),
                keys: key_types(keys, input)?,
                entry: Vec::new(),
                counters: Vec::new(),
                payload: input.clone(),
                ttl_ms: *state_ttl_ms,
            })?
            .with_packed_payload(),
            output: node.output.to_arrow(),
            clock: Arc::new(SystemClock),
        })
    }

    fn now(&self) -> i64 {
        if self.timed { self.clock.now_ms() } else { 0 }
    }
}

impl Operator for ChangelogNormalize {
    fn open(&mut self, context: &OperatorContext) -> OperatorResult<()> {
        self.clock = Arc::clone(&context.clock);
        self.rows.open(context)
    }

    fn restore(&mut self, state: &dyn StateReader) -> OperatorResult<()> {
        let now = self.now();
        self.rows.restore(state, now)
    }

    fn process_batch(
        &mut self,
        _input: usize,
        batch: ChangelogBatch,
        out: &mut dyn Collector,
    ) -> OperatorResult<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let now = self.now();
        self.rows.begin(now);
        let columns = batch.rows().columns();
        let keys = pick(columns, self.keys.iter().copied());
        let mut slots = Vec::new();
        let hashes = hash_columns(&keys, batch.num_rows())?;
        self.rows.load(&keys, &hashes, &mut slots)?;
        self.rows.fetch(slots.iter().map(|&slot| (slot, ENTRY)))?;
        let encoded = self.rows.payload_codec().encode(columns)?;
        let mut changes = RowChanges::default();
        for (row, &slot) in slots.iter().enumerate() {
            let new = encoded.row(row);
            let last = self.rows.get(slot, ENTRY)?;
            match batch.kind(row) {
                RowKind::Insert | RowKind::UpdateAfter => {
                    match last {
                        None => changes.push(RowKind::Insert, new),
                        Some(last) if last.payload() == new && !self.timed => continue,
                        Some(last) => {
                            if self.update_before {
                                changes.push(RowKind::UpdateBefore, last.payload());
                            }
                            changes.push(RowKind::UpdateAfter, new);
                        }
                    }
                    self.rows.put(slot, ENTRY, &[], new)?;
                }
                RowKind::Delete => {
                    if let Some(last) = last {
                        changes.push(RowKind::Delete, last.payload());
                        self.rows.remove(slot, ENTRY)?;
                    }
                }
                RowKind::UpdateBefore => {}
            }
        }
        changes.emit(self.rows.payload_codec(), &self.output, out)?;
        self.rows.store()
    }

    fn snapshot(&mut self, barrier: CheckpointBarrier) -> OperatorResult<OperatorSnapshot> {
        Ok(OperatorSnapshot {
            keyed: vec![self.rows.freeze(barrier)?],
            ..OperatorSnapshot::default()
        })
    }

    fn state_size(&self) -> usize {
        self.rows.memory_size()
    }
}
