namespace Speech.Audio.Opus;

/// <summary>Packets of one stream, or of several streams together, to samples. Not thread-safe.</summary>
internal interface IPacketDecoder : IDisposable
{
    /// <summary>Decodes a packet, or stands in for one.</summary>
    /// <param name="packet">An empty one was lost.</param>
    /// <param name="pcm">
    /// Room for what the packet holds, the samples of all channels in turn; for a lost one exactly as much as is missing, a multiple of 2.5
    /// ms. Samples may lie outside [-1, 1].
    /// </param>
    /// <param name="useFec">Whether the packet before this one is wanted, from the copy that this one carries.</param>
    /// <returns>Samples of each channel; negative when the packet is corrupt, which a lost one is not.</returns>
    int Decode(ReadOnlySpan<byte> packet, Span<float> pcm, bool useFec);

    /// <summary>Forgets all that was heard; the gain stays.</summary>
    void Reset();

    /// <param name="gain">In 1/256 dB.</param>
    void SetGain(short gain);
}
