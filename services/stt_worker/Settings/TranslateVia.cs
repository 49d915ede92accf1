namespace Speech.SttWorker.Settings;

/// <summary>What translates into English; all else is translated by NLLB.</summary>
internal enum TranslateVia
{
    /// <summary>The translation workers, from the transcript.</summary>
    Nllb,

    /// <summary>This worker's own model, from the audio; only multilingual ones can.</summary>
    Whisper,
}
