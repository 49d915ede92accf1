namespace Speech.TranslationWorker.Sentences;

/// <summary>A part of a text, and the white space that follows it.</summary>
internal readonly record struct TextPiece(string Text, string After);
