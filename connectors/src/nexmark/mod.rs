//! The `nexmark` connector.
use crate::error::ConnectorError;
use crate::options::OptionDef;
use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::source::{
    Boundedness, Source, SourceReader, SourceReaderContext, SplitEnumerator,
};
pub(crate) const OPTIONS: &[OptionDef] = &[];
pub(crate) struct NexmarkTable;
impl NexmarkTable {
    pub(crate) fn read(_table: &TableSpec) -> Result<Self, ConnectorError> {
        Err(ConnectorError::unsupported(
            "connector 'nexmark'",
            "use filesystem",
        ))
    }
    pub(crate) fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }
}
pub(crate) struct NexmarkSource;
impl NexmarkSource {
    pub(crate) fn new(_table: NexmarkTable, _projection: &[usize]) -> Self {
        NexmarkSource
    }
}
impl Source for NexmarkSource {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }
    fn create_enumerator(
        &self,
        _p: u32,
        _r: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Err(ConnectorError::unsupported("connector 'nexmark'", "use filesystem").into())
    }
    fn create_reader(&self, _c: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        Err(ConnectorError::unsupported("connector 'nexmark'", "use filesystem").into())
    }
}
