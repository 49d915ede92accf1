namespace Speech.Models.Whisper.Decoding;

/// <summary>Cuts a window's transcript at its pairs of times, and says where the next window begins.</summary>
/// <remarks>Source: openai/whisper, <c>transcribe.py</c>.</remarks>
internal static class SegmentSplitter
{
    private const double SecondsPerFrame = 0.01;
    private const int FramesPerTimestamp = 2;

    /// <param name="Segments">In order; those of blank text or no duration have neither text nor tokens.</param>
    /// <param name="Advance">Frames from this window's start to the next one's.</param>
    /// <param name="EndsWithOneTime">The transcript ended with a single time: nothing more is said in this window.</param>
    public readonly record struct Split(List<TranscribedSegment> Segments, int Advance, bool EndsWithOneTime);

    /// <param name="windowStart">Frames of 10 ms from the start of the recording.</param>
    /// <param name="windowFrames">Frames of sound in the window.</param>
    public static Split Cut(WindowResult result, int windowStart, int windowFrames, WhisperTokenizer tokenizer)
    {
        var tokens = result.Tokens.TakeWhile(token => token != tokenizer.EndOfText).ToArray();
        var offset = windowStart * SecondsPerFrame;
        var endsWithOneTime = tokens.Length >= 2 && !tokenizer.IsTimestamp(tokens[^2]) && tokenizer.IsTimestamp(tokens[^1]);
        var cuts = Enumerable.Range(1, Math.Max(0, tokens.Length - 1))
            .Where(i => tokenizer.IsTimestamp(tokens[i - 1]) && tokenizer.IsTimestamp(tokens[i])).ToList();
        if (cuts.Count == 0)
        {
            var lastTime = tokens.LastOrDefault(tokenizer.IsTimestamp);
            var duration = lastTime > tokenizer.TimestampBegin ? tokenizer.TimestampSeconds(lastTime) : windowFrames * SecondsPerFrame;
            return new([Segment(0, tokens.Length, offset, offset + duration)], windowFrames, endsWithOneTime);
        }

        if (endsWithOneTime)
            cuts.Add(tokens.Length);
        var segments = new List<TranscribedSegment>();
        var from = 0;
        foreach (var cut in cuts)
        {
            segments.Add(Segment(
                from, cut, offset + tokenizer.TimestampSeconds(tokens[from]), offset + tokenizer.TimestampSeconds(tokens[cut - 1])));
            from = cut;
        }

        // What follows the last pair is unfinished: the next window begins there and hears it whole.
        var advance = endsWithOneTime ? windowFrames : (tokens[from - 1] - tokenizer.TimestampBegin) * FramesPerTimestamp;
        return new(segments, advance, endsWithOneTime);

        TranscribedSegment Segment(int first, int end, double startSeconds, double endSeconds)
        {
            var text = tokenizer.Decode(tokens.AsSpan(first, end - first));
            var blank = startSeconds == endSeconds || string.IsNullOrWhiteSpace(text);
            return new TranscribedSegment(
                Math.Round(startSeconds, 2),
                Math.Round(endSeconds, 2),
                blank ? "" : text,
                blank ? [] : tokens[first..end],
                blank ? [] : [.. result.LogProbabilities.Skip(first).Take(end - first)],
                result.Temperature);
        }
    }
}
