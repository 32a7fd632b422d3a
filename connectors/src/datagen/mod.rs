//! The `datagen` connector.
use crate::error::ConnectorError;
use crate::options::OptionDef;
use alpheus_dataflow::OperatorResult;
use alpheus_dataflow::graph::TableSpec;
use alpheus_dataflow::source::{
    Boundedness, Source, SourceReader, SourceReaderContext, SplitEnumerator,
};
pub(crate) const OPTIONS: &[OptionDef] = &[];
pub(crate) struct DatagenTable;
impl DatagenTable {
    pub(crate) fn read(_table: &TableSpec) -> Result<Self, ConnectorError> {
        Err(ConnectorError::unsupported(
            "connector 'datagen'",
            "use filesystem",
        ))
    }
    pub(crate) fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }
}
pub(crate) struct DatagenSource;
impl DatagenSource {
    pub(crate) fn new(_table: DatagenTable, _projection: &[usize]) -> Self {
        DatagenSource
    }
}
impl Source for DatagenSource {
    fn boundedness(&self) -> Boundedness {
        Boundedness::Bounded
    }
    fn create_enumerator(
        &self,
        _p: u32,
        _r: Option<&[u8]>,
    ) -> OperatorResult<Box<dyn SplitEnumerator>> {
        Err(ConnectorError::unsupported("connector 'datagen'", "use filesystem").into())
    }
    fn create_reader(&self, _c: SourceReaderContext) -> OperatorResult<Box<dyn SourceReader>> {
        Err(ConnectorError::unsupported("connector 'datagen'", "use filesystem").into())
    }
}
