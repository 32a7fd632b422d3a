//! Amounts of memory, cores and other things.

use super::{narrow, unsigned};
use crate::proto::{PriorityProto, ResourceInformationProto, ResourceProto};
use std::collections::BTreeMap;
use std::fmt;

/// An amount of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Resource {
    /// Memory in MiB.
    pub memory_mb: u64,
    /// Virtual cores.
    pub vcores: u32,
    /// Other kinds that the cluster knows, such as `yarn.io/gpu`, in their own units.
    pub others: BTreeMap<String, u64>,
}

impl Resource {
    /// Memory and cores.
    pub fn new(memory_mb: u64, vcores: u32) -> Self {
        Self {
            memory_mb,
            vcores,
            others: BTreeMap::new(),
        }
    }

    /// Whether `other` fits into this.
    pub fn holds(&self, other: &Resource) -> bool {
        self.memory_mb >= other.memory_mb
            && self.vcores >= other.vcores
            && other
                .others
                .iter()
                .all(|(kind, amount)| self.others.get(kind).unwrap_or(&0) >= amount)
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MB, {} vcores", self.memory_mb, self.vcores)?;
        self.others
            .iter()
            .try_for_each(|(kind, amount)| write!(f, ", {amount} {kind}"))
    }
}

impl From<&Resource> for ResourceProto {
    fn from(resource: &Resource) -> Self {
        let others = resource
            .others
            .iter()
            .map(|(key, value)| ResourceInformationProto {
                key: key.clone(),
                value: Some(i64::try_from(*value).unwrap_or(i64::MAX)),
                units: Some(String::new()),
                kind: Some(0),
            });
        Self {
            memory: Some(i64::try_from(resource.memory_mb).unwrap_or(i64::MAX)),
            virtual_cores: Some(narrow(resource.vcores.into())),
            resource_value_map: others.collect(),
        }
    }
}

impl From<ResourceProto> for Resource {
    fn from(wire: ResourceProto) -> Self {
        // Hadoop 3 repeats memory and cores in the map.
        let standard = ["memory-mb", "vcores"];
        Self {
            memory_mb: unsigned(wire.memory),
            vcores: u32::try_from(unsigned(wire.virtual_cores)).unwrap_or(u32::MAX),
            others: wire
                .resource_value_map
                .into_iter()
                .filter(|info| !standard.contains(&info.key.as_str()))
                .map(|info| (info.key, unsigned(info.value)))
                .collect(),
        }
    }
}

impl From<Option<ResourceProto>> for Resource {
    fn from(wire: Option<ResourceProto>) -> Self {
        wire.unwrap_or_default().into()
    }
}

/// A priority: among an application's requests lower numbers come first, among applications of a queue higher ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Priority(pub i32);

impl From<Priority> for PriorityProto {
    fn from(priority: Priority) -> Self {
        Self {
            priority: Some(priority.0),
        }
    }
}

impl From<Option<PriorityProto>> for Priority {
    fn from(wire: Option<PriorityProto>) -> Self {
        Self(wire.and_then(|p| p.priority).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn holds_what_fits() {
        let mut big = Resource::new(100, 2);
        assert!(big.holds(&Resource::new(100, 2)));
        assert!(!big.holds(&Resource::new(101, 1)));
        let mut gpu = Resource::new(1, 1);
        gpu.others.insert("yarn.io/gpu".into(), 1);
        assert!(!big.holds(&gpu));
        big.others.insert("yarn.io/gpu".into(), 2);
        assert!(big.holds(&gpu));
    }

    proptest! {
        #[test]
        fn survives_the_wire(memory in 0u64..=i64::MAX as u64, vcores in 0u32..=i32::MAX as u32, gpus in 0u64..100) {
            let mut resource = Resource::new(memory, vcores);
            resource.others.insert("yarn.io/gpu".into(), gpus);
            prop_assert_eq!(Resource::from(ResourceProto::from(&resource)), resource);
        }
    }
}
