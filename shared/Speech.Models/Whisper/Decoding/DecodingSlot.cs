namespace Speech.Models.Whisper.Decoding;

/// <summary>One sequence in the running batch: its request, its caches, its prompt still to be taken in, and what it has sampled.</summary>
internal sealed class DecodingSlot(DecoderState state) : IDisposable
{
    private readonly List<int> _sampled = [];
    private readonly List<float> _logProbabilities = [];

    public DecoderState State => state;

    public TranscriptionRequest? Request { get; private set; }

    /// <summary>Tokens that enter the decoder in the next step.</summary>
    public List<int> Pending { get; } = [];

    public ReadOnlySpan<int> Sampled => System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_sampled);

    /// <summary>Null until known.</summary>
    public string? Language { get; set; }

    /// <summary>Whether the next step takes in this sequence's first token.</summary>
    public bool IsStarting { get; set; }

    public float NoSpeechProbability { get; set; }

    public void Begin(TranscriptionRequest request, string? language)
    {
        Request = request;
        Language = language;
        IsStarting = true;
        _sampled.Clear();
        _logProbabilities.Clear();
        Pending.Clear();
    }

    public void Add(int token, float logProbability)
    {
        _sampled.Add(token);
        _logProbabilities.Add(logProbability);
        Pending.Clear();
        Pending.Add(token);
    }

    /// <summary>The result; the slot is free again.</summary>
    public Transcription Finish(WhisperTokenizer tokenizer)
    {
        var transcription = new Transcription(tokenizer.Decode(Sampled), Language ?? "en", [.. _sampled], [.. _logProbabilities], NoSpeechProbability);

        // openai/whisper's rule for a window without speech.
        if (transcription.NoSpeechProbability > 0.6f && transcription.AverageLogProbability <= -1)
            transcription = transcription with { Text = "" };
        Request = null;
        return transcription;
    }

    public void Dispose() => state.Dispose();
}
