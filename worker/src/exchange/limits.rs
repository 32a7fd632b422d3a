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
