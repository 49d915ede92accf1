using System.Text;
using Speech.TranslationWorker.Jobs;
using Speech.TranslationWorker.Sentences;

namespace Speech.TranslationWorker.Engine;

/// <summary>A job's text, piece by piece: each is translated on its own, and they are put together again in their order.</summary>
internal sealed class TextInProgress(TextJob job, IReadOnlyList<TextPiece> pieces)
{
    private readonly string[] _translations = new string[pieces.Count];
    private int _begun;
    private int _done;

    public TextJob Job => job;

    public bool HasMore => _begun < pieces.Count;

    public bool IsDone => _done == pieces.Count;

    /// <summary>Pieces being translated.</summary>
    public int Active => _begun - _done;

    /// <summary>The next piece that is to be translated.</summary>
    public (int Index, string Text) Begin() => (_begun, pieces[_begun++].Text);

    public void Finish(int index, string translation)
    {
        _translations[index] = translation;
        _done++;
    }

    /// <summary>
    /// The whole, with what stood between the pieces; a language that puts spaces between words gets one where there was nothing.
    /// </summary>
    public string Join()
    {
        var text = new StringBuilder();
        for (var i = 0; i < pieces.Count; i++)
        {
            text.Append(_translations[i]);
            var isLast = i == pieces.Count - 1;
            text.Append(pieces[i].After.Length == 0 && !isLast && Scripts.HasSpaces(job.Target) ? " " : pieces[i].After);
        }
        return text.ToString().Trim();
    }
}
