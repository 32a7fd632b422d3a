//! How much may lie in a channel.

/// How much data a channel may hold that its receiver has not taken. An empty channel takes any one
/// batch, so that a batch larger than the limit still gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ChannelLimits {
    /// Batches.
    pub batches: u32,
    /// Bytes of them, roughly.
    pub bytes: u64,
}

/// No channel has less room than this, however many share the memory.
const LEAST_BYTES: u64 = 64 << 10;

impl ChannelLimits {
    /// The same, where `channels` channels share `bytes` of memory.
    pub fn sharing(self, bytes: u64, channels: usize) -> Self {
        let share = bytes / channels.max(1) as u64;
        ChannelLimits {
            bytes: self.bytes.min(share.max(LEAST_BYTES)),
            ..self
        }
    }
}

impl Default for ChannelLimits {
    /// Room for two full batches in flight and two being filled, as Flink's two exclusive and some
    /// floating buffers.
    fn default() -> Self {
        ChannelLimits {
            batches: 8,
            bytes: 4 << 20,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_channels_share_what_there_is() {
        let limits = ChannelLimits::default();
        assert_eq!(limits.sharing(1 << 30, 4), limits);
        assert_eq!(limits.sharing(64 << 20, 64).bytes, 1 << 20);
        assert_eq!(limits.sharing(1 << 20, 1000).bytes, LEAST_BYTES);
    }
}
