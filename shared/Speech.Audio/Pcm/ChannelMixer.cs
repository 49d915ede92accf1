namespace Speech.Audio.Pcm;

/// <summary>
/// Several channels to one: their mean, unless it cancels. A channel that is another one's inverse (a microphone's cable with two wires
/// exchanged, a balanced line recorded as stereo) leaves next to nothing of the mean; then the louder channel is taken as it is, until the
/// mean is sound again.
/// <para>
/// Energies of the channels and of their mean are followed over blocks of 16 ms, with a short memory and a long one. The mean cancels when
/// it has far less energy than channels that have nothing to do with each other would leave in it; that the short memory must say to begin,
/// and both to end, so that noise in a pause does not put the next word at risk. From one choice to the other it goes evenly over a block,
/// without a click. Blocks are counted in frames, so however the stream is cut into pieces, the result is the same. Not thread-safe.
/// </para>
/// </summary>
public sealed class ChannelMixer
{
    private const double BlockSeconds = 0.016;

    // What of the energies so far counts at the next block: memories of some 0.1 s and 2 s.
    private const double ShortMemory = 0.85;
    private const double LongMemory = 0.992;

    // Of the energy that unrelated channels would leave in the mean: below the first it cancels, above the second it does not.
    private const double Cancels = 0.2;
    private const double IsSound = 0.5;

    /// <summary>The channel that is taken changes only for one that is so many times louder.</summary>
    private const double Louder = 4;

    /// <summary>Mean square of a sample below which there is nothing to judge: -90 dB.</summary>
    private const double Nothing = 1e-9;

    /// <summary>So long one channel must have been taken to be worth a word: cancelling for a moment is chance.</summary>
    private const double TellAfterSeconds = 0.5;

    private readonly int _channels;
    private readonly int _blockFrames;
    private readonly double _framesToTell;

    // Energies in this block, and in the two memories; the last of each is the mean's.
    private readonly double[] _block;
    private readonly double[] _short;
    private readonly double[] _long;

    // Weights at the beginning of the block, and what they become by its end.
    private readonly float[] _from;
    private readonly float[] _to;
    private int _framesInBlock;
    private int _taken = -1;
    private bool _isPlainMean = true;
    private long _framesTaken;

    /// <param name="channels">1 or more.</param>
    /// <param name="sampleRate">Hz.</param>
    public ChannelMixer(int channels, int sampleRate)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
        _channels = channels;
        _blockFrames = Math.Max(1, (int)(BlockSeconds * sampleRate));
        _framesToTell = TellAfterSeconds * sampleRate;
        (_block, _short, _long) = (new double[channels + 1], new double[channels + 1], new double[channels + 1]);
        (_from, _to) = (new float[channels], new float[channels]);
        _from.AsSpan().Fill(1f / channels);
        _to.AsSpan().Fill(1f / channels);
    }

    public int Channels => _channels;

    /// <summary>Whether channels have cancelled each other for so long that somebody should know.</summary>
    public bool HasCancelled => _framesTaken >= _framesToTell;

    /// <summary>Mixes in place: frames of a sample of each channel become one sample each.</summary>
    /// <param name="interleaved">Whole frames.</param>
    /// <returns>The number of frames, at the front of <paramref name="interleaved"/>.</returns>
    public int Mix(Span<float> interleaved)
    {
        var frames = interleaved.Length / _channels;
        if (_channels == 1)
            return frames;
        for (var done = 0; done < frames;)
        {
            var count = Math.Min(_blockFrames - _framesInBlock, frames - done);
            var block = interleaved.Slice(done * _channels, count * _channels);
            var mono = interleaved[done..];
            if (_channels == 2)
                MixTwo(block, mono);
            else
                MixMany(block, mono);
            done += count;
            _framesInBlock += count;
            if (_taken >= 0)
                _framesTaken += count;
            if (_framesInBlock == _blockFrames)
                EndBlock();
        }
        return frames;
    }

    private void MixTwo(ReadOnlySpan<float> stereo, Span<float> mono)
    {
        var (left, right, middle) = (_block[0], _block[1], _block[2]);
        var frames = stereo.Length / 2;
        for (var i = 0; i < frames; i++)
        {
            var (l, r) = (stereo[2 * i], stereo[2 * i + 1]);
            var mean = (l + r) / 2;
            left += l * l;
            right += r * r;
            middle += mean * mean;
            mono[i] = _isPlainMean ? mean : l * Weight(0, i) + r * Weight(1, i);
        }
        (_block[0], _block[1], _block[2]) = (left, right, middle);
    }

    private void MixMany(ReadOnlySpan<float> interleaved, Span<float> mono)
    {
        var frames = interleaved.Length / _channels;
        for (var i = 0; i < frames; i++)
        {
            var (sum, mixed) = (0f, 0f);
            for (var channel = 0; channel < _channels; channel++)
            {
                var sample = interleaved[i * _channels + channel];
                sum += sample;
                mixed += sample * Weight(channel, i);
                _block[channel] += sample * sample;
            }
            var mean = sum / _channels;
            _block[_channels] += mean * mean;
            mono[i] = _isPlainMean ? mean : mixed;
        }
    }

    private float Weight(int channel, int frame) =>
        _from[channel] + (_to[channel] - _from[channel]) * (_framesInBlock + frame + 1) / _blockFrames;

    private void EndBlock()
    {
        for (var i = 0; i <= _channels; i++)
        {
            _short[i] = ShortMemory * _short[i] + (1 - ShortMemory) * _block[i] / _blockFrames;
            _long[i] = LongMemory * _long[i] + (1 - LongMemory) * _block[i] / _blockFrames;
            _block[i] = 0;
        }
        _framesInBlock = 0;
        _to.CopyTo(_from, 0);

        var (now, lately) = (Soundness(_short), Soundness(_long));
        if (_taken < 0 ? now < Cancels : now > IsSound && lately > IsSound)
            _taken = _taken < 0 ? Loudest(_short) : -1;
        else if (_taken >= 0 && Loudest(_long) is var loudest && _long[loudest] > Louder * _long[_taken])
            _taken = loudest;
        for (var channel = 0; channel < _channels; channel++)
            _to[channel] = _taken < 0 ? 1f / _channels : channel == _taken ? 1 : 0;
        _isPlainMean = _taken < 0 && _from.AsSpan().SequenceEqual(_to);
    }

    /// <summary>
    /// The mean's energy over that which unrelated channels would leave: 1 for these, more for related ones, 0 for opposite ones.
    /// </summary>
    private double Soundness(double[] energies)
    {
        var sum = 0.0;
        foreach (var energy in energies.AsSpan(0, _channels))
            sum += energy;
        return sum < Nothing ? 1 : energies[_channels] * _channels * _channels / sum;
    }

    private int Loudest(double[] energies)
    {
        var loudest = 0;
        for (var channel = 1; channel < _channels; channel++)
        {
            if (energies[channel] > energies[loudest])
                loudest = channel;
        }
        return loudest;
    }
}
