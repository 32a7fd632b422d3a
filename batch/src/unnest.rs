//! UNNEST in batch: each row's elements as a list of structs, to be unnested by DataFusion, and the
//! structs' fields as columns.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use alpheus_dataflow::types::LogicalType;
use alpheus_functions::unnest::{element_columns, explode};
use arrow::array::{Array, ArrayRef, AsArray, ListArray, StructArray};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{is_null, nullif};
use arrow::datatypes::{DataType, Field, FieldRef, Fields};
use datafusion::common::{Result, ScalarValue, UnnestOptions};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::{
    ColumnarValue, Expr as DfExpr, LogicalPlan, LogicalPlanBuilder, ScalarFunctionArgs, ScalarUDF,
    ScalarUDFImpl, Signature, Volatility, col, lit,
};

use crate::error::{BatchError, external};
use crate::lower::{column_name, project};

/// What is unnested.
pub(crate) struct Collection<'c> {
    /// Its column.
    pub(crate) column: usize,
    /// Its type.
    pub(crate) ty: &'c LogicalType,
    /// Whether its column is wanted in the result; else that is NULL.
    pub(crate) keep: bool,
}

/// The `width` columns of `plan`, then those of the elements of the collection, then their position if
/// asked for.
pub(crate) fn unnest(
    plan: LogicalPlan,
    width: usize,
    collection: &Collection<'_>,
    with_ordinality: bool,
    outer: bool,
) -> Result<LogicalPlan, BatchError> {
    let elements = Elements {
        ty: collection.ty.clone(),
        outer,
        part: Part::List,
        signature: Signature::any(1, Volatility::Immutable),
    };
    let added = elements.fields().len() - usize::from(!with_ordinality);
    let mut columns: Vec<DfExpr> = (0..width).map(|index| col(column_name(index))).collect();
    if !collection.keep {
        let null = ScalarValue::try_from(&collection.ty.to_arrow())?;
        columns[collection.column] = lit(null);
    }
    columns.push(call(elements.clone(), col(column_name(collection.column))));
    let list = column_name(width);
    let options = UnnestOptions::new().with_preserve_nulls(false);
    let plan = LogicalPlanBuilder::from(project(plan, columns)?)
        .unnest_column_with_options(list.as_str(), options)?
        .build()?;
    let mut columns: Vec<DfExpr> = (0..width).map(|index| col(column_name(index))).collect();
    columns.extend((0..added).map(|field| {
        let elements = Elements {
            part: Part::Field(field),
            ..elements.clone()
        };
        call(elements, col(list.as_str()))
    }));
    project(plan, columns)
}

fn call(function: Elements, arg: DfExpr) -> DfExpr {
    let function = Arc::new(ScalarUDF::new_from_impl(function));
    DfExpr::ScalarFunction(ScalarFunction::new_udf(function, vec![arg]))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Part {
    /// The elements of a collection as a list.
    List,
    /// A field of one of them.
    Field(usize),
}

#[derive(Clone, Debug)]
struct Elements {
    /// The collection's type.
    ty: LogicalType,
    outer: bool,
    part: Part,
    signature: Signature,
}

impl Elements {
    fn fields(&self) -> Fields {
        let columns = element_columns(&self.ty).unwrap_or_default();
        let columns = columns.iter().enumerate();
        let mut fields: Vec<FieldRef> = columns
            .map(|(at, field)| Arc::new(Field::new(format!("f{at}"), field.ty.to_arrow(), true)))
            .collect();
        fields.push(Arc::new(Field::new("ordinality", DataType::Int32, true)));
        fields.into()
    }

    fn item(&self) -> FieldRef {
        Arc::new(Field::new("item", DataType::Struct(self.fields()), true))
    }

    fn list(&self, collections: &ArrayRef) -> Result<ArrayRef> {
        let exploded = explode(collections, &self.ty, self.outer).map_err(external)?;
        let mut lengths = vec![0; collections.len()];
        for &row in exploded.rows.values() {
            lengths[row as usize] += 1;
        }
        let mut columns = exploded.columns;
        columns.push(exploded.ordinals);
        let elements = StructArray::try_new(self.fields(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        let list = ListArray::try_new(self.item(), offsets, Arc::new(elements), None)?;
        Ok(Arc::new(list))
    }
}

impl PartialEq for Elements {
    fn eq(&self, other: &Self) -> bool {
        (&self.ty, self.outer, self.part) == (&other.ty, other.outer, other.part)
    }
}

impl Eq for Elements {}

impl Hash for Elements {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.ty, self.outer, self.part).hash(state);
    }
}

impl ScalarUDFImpl for Elements {
    fn name(&self) -> &str {
        match self.part {
            Part::List => "elements",
            Part::Field(_) => "element_field",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arg_types: &[DataType]) -> Result<DataType> {
        Ok(match self.part {
            Part::List => DataType::List(self.item()),
            Part::Field(field) => self.fields()[field].data_type().clone(),
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        Ok(ColumnarValue::Array(match self.part {
            Part::List => self.list(&arrays[0])?,
            Part::Field(field) => {
                let elements = arrays[0].as_struct();
                nullif(elements.column(field), &is_null(elements)?)?
            }
        }))
    }
}
