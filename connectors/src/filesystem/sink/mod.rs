//! Writing files.
use super::FileTable;
use crate::error::ConnectorError;
use alpheus_dataflow::operator::OperatorContext;
use alpheus_dataflow::sink::{Committer, Sink, SinkWriter};
use alpheus_dataflow::{ChangelogMode, OperatorResult};
use std::collections::BTreeMap;
pub(crate) struct FileSink;
impl FileSink {
    pub(crate) fn new(_t: FileTable, _o: bool, _p: BTreeMap<String, String>) -> OperatorResult<Self> {
        Err(ConnectorError::unsupported("writing files", "use 'print'").into())
    }
}
impl Sink for FileSink {
    fn accepts(&self) -> ChangelogMode {
        ChangelogMode::InsertOnly
    }
    fn create_writer(&self, _context: &OperatorContext) -> OperatorResult<Box<dyn SinkWriter>> {
        Err(ConnectorError::unsupported("writing files", "use 'print'").into())
    }
    fn create_committer(&self) -> OperatorResult<Option<Box<dyn Committer>>> {
        Ok(None)
    }
}
