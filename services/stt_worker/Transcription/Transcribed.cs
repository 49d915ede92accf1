using Speech.Hosting.Workers;
using Speech.Models.Whisper;

namespace Speech.SttWorker;

internal sealed record Transcribed(SpeechJob Speech, Transcription Transcription) : Finished(Speech);
