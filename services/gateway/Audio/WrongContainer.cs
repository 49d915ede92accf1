using Speech.Audio;
using Speech.Audio.Files;
using Speech.Contracts.Jobs;
using Speech.Contracts.Sessions;

namespace Speech.Gateway.Audio;

/// <summary>
/// Recognises, by the first bytes of a stream, a container or codec where the client promised something else. Its bytes would pass for
/// packets or samples, and the client would get noise and no error. The bytes are gathered, since messages may cut them anywhere; soon none
/// are any more.
/// </summary>
internal sealed class WrongContainer(AudioCodec codec)
{
    // Loud samples may look like a header of MP3 or AAC; packets hardly do.
    private readonly int _framesInARow = codec.IsPcm() ? 3 : 2;
    private byte[]? _start = [];
    private int _length;

    private AudioContainer? Own => codec switch
    {
        AudioCodec.OggOpus => AudioContainer.OggOpus,
        AudioCodec.WebMOpus => AudioContainer.WebM,
        _ => null,
    };

    /// <param name="message">The next message of the stream.</param>
    /// <exception cref="AudioFormatException">It is something that the codec does not have.</exception>
    public void ThrowIfIn(ReadOnlySpan<byte> message)
    {
        if (_start is null)
            return;
        if (_start.Length == 0)
            _start = new byte[AudioSignature.MaxBytes];
        var taken = Math.Min(message.Length, _start.Length - _length);
        message[..taken].CopyTo(_start.AsSpan(_length));
        _length += taken;
        if (AudioSignature.TryRecognise(_start.AsSpan(0, _length), _framesInARow, out var signature))
        {
            if (signature.Container is null || signature.Container != Own)
                throw new AudioFormatException($"codec is {codec.ToWireName()}, but this is {signature.Name}: {Advice(signature)}");
            _start = null;
        }
        else if (_length == _start.Length)
        {
            _start = null;
        }
    }

    // As short as a close frame's reason must be.
    private static string Advice(AudioSignature signature) => signature.Container switch
    {
        AudioContainer.OggOpus =>
            signature.Name is "an Ogg Opus stream" or "an Ogg stream" ? "use codec=ogg_opus" : "send Opus, ffmpeg -c:a libopus",
        AudioContainer.WebM => "use codec=webm_opus",
        AudioContainer.Wav => "send its samples without the header, as pcm_s16le or pcm_f32le",
        _ => "convert it, ffmpeg -i FILE -c:a libopus -f ogg OUT, or send samples",
    };
}
