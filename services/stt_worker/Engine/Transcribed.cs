using Speech.Models.Whisper;
using Speech.Workers.Model;

namespace Speech.SttWorker.Engine;

/// <param name="English">What the model itself makes of it in English, if it was asked to; else null.</param>
internal sealed record Transcribed(SpeechJob Speech, Transcription Transcription, string? English = null) : Finished(Speech);
