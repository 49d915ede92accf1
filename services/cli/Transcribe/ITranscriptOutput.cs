using Speech.Contracts.Server;
using Speech.Contracts.Text;

namespace Speech.Cli.Transcribe;

/// <summary>One of the files of a batch.</summary>
/// <param name="Name">As it was given.</param>
internal readonly record struct OutputFile(int Index, string Name)
{
    /// <summary>Its name where people read.</summary>
    public string ShownName => Name == RecordedSamples.StandardInput ? "standard input" : PlainText.Escape(Name);
}

/// <summary>Where the messages about several files go; may be called from several threads.</summary>
internal interface ITranscriptOutput
{
    void Write(OutputFile file, ServerMessage message);

    /// <summary>Says what is wrong with a file.</summary>
    void Complain(OutputFile file, string problem);

    /// <summary>Nothing more comes for this file.</summary>
    void Complete(OutputFile file);
}
