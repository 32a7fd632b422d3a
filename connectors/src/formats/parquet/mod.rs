//! Parquet.
use super::FormatDef;
use crate::error::ConnectorError;
use crate::options::Options;
/// The format's declaration.
pub(crate) const FORMAT: FormatDef = FormatDef {
    name: "parquet",
    options: &[],
    description: "",
    check_type: |_| Ok(()),
    check_options: |options| ParquetOptions::read(options).map(|_| ()),
};
/// Options.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ParquetOptions {}
impl ParquetOptions {
    pub(crate) fn read(_options: Options<'_>) -> Result<Self, ConnectorError> {
        Err(ConnectorError::unsupported(
            "'format' = 'parquet'",
            "use csv",
        ))
    }
}
pub(crate) struct ParquetEncoder;
impl ParquetEncoder {
    pub(crate) fn new(
        _o: &ParquetOptions,
        _s: &alpheus_dataflow::RowType,
        _f: Box<dyn alpheus_storage::OutputFile>,
    ) -> alpheus_dataflow::OperatorResult<Self> {
        Err(ConnectorError::unsupported("'format' = 'parquet'", "use csv").into())
    }
    pub(crate) fn write(
        &mut self,
        _b: &arrow::array::RecordBatch,
    ) -> alpheus_dataflow::OperatorResult<()> {
        Ok(())
    }
    pub(crate) fn size(&self) -> u64 {
        0
    }
    pub(crate) fn finish(
        self,
    ) -> alpheus_dataflow::OperatorResult<(Box<dyn alpheus_storage::OutputFile>, u64)> {
        Err(ConnectorError::unsupported("'format' = 'parquet'", "use csv").into())
    }
}
