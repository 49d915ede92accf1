using System.Net;
using System.Net.Sockets;
using Speech.Contracts.Client;
using Speech.Contracts.Server;
using Speech.Contracts.Sessions;
using Speech.Gateway.Limits;
using Speech.Gateway.Sessions;
using Speech.Gateway.Tests.Support;
using Speech.Hosting.Settings;

namespace Speech.Gateway.Tests.Limits;

public sealed class AddressLimitTests : GatewayTest
{
    private const string Pcm = "codec=pcm_s16le&sample_rate=16000";

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("::ffff:192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2::1", "2001:db8:1:2::/64")]
    [InlineData(null, "local")]
    public void An_address_of_IPv6_counts_with_its_network(string? address, string name) =>
        LimitedParty.NameOf(address is null ? null : IPAddress.Parse(address)).ShouldBe(name);

    [Fact]
    public void Credentials_count_before_the_address()
    {
        LimitedParty.Of(new ClientCredentials("secret"), IPAddress.Loopback).IsAddress.ShouldBeFalse();
        LimitedParty.Of(new ClientCredentials(null), IPAddress.Loopback).ShouldBe(new LimitedParty("127.0.0.1", true));
    }

    [Theory]
    [InlineData(200, 100)]
    [InlineData(50, 25)]
    [InlineData(1, 1)]
    public void One_address_may_have_half_of_all_sessions_unless_told_otherwise(int all, int each)
    {
        var settings = new EnvironmentSettings(name => name == "MAX_SESSIONS" ? $"{all}" : null);
        GatewayOptions.From(settings).MaxSessionsPerAddress.ShouldBe(each);
    }

    [Fact]
    public async Task Clients_without_credentials_share_the_sessions_of_their_address_and_leave_the_rest_to_others()
    {
        await using var gateway = await StartGatewayAsync("MAX_SESSIONS=4");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm);
        await first.ExpectAsync<Ready>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm);
        await second.ExpectAsync<Ready>();
        await using var third = await TestClient.ConnectAsync(gateway, Pcm, forwardedFor: "192.0.2.1"); // forged
        (await third.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
        third.CloseReason.ShouldBe("your address has its 2 sessions here; retry after 5 s");

        await using var other = await TestClient.ConnectAsync(gateway, Pcm, apiKey: "k1");
        await other.ExpectAsync<Ready>();

        await first.StopAsync();
        await Eventually.TrueAsync(() => gateway.Sessions == 2);
        await using var again = await TestClient.ConnectAsync(gateway, Pcm);
        await again.ExpectAsync<Ready>();
    }

    [Fact]
    public async Task A_trusted_proxy_says_who_a_client_is_and_what_the_client_says_itself_counts_for_nothing()
    {
        await using var gateway = await StartGatewayAsync("MAX_SESSIONS_PER_ADDRESS=1", "TRUSTED_PROXIES=127.0.0.0/8,10.0.0.1");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm, forwardedFor: "192.0.2.1");
        await first.ExpectAsync<Ready>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm, forwardedFor: "192.0.2.2, 10.0.0.1"); // through two proxies
        await second.ExpectAsync<Ready>();
        // the first one is forged
        await using var third = await TestClient.ConnectAsync(gateway, Pcm, forwardedFor: "198.51.100.1, 192.0.2.1");
        (await third.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
    }

    [Fact]
    public void Proxies_that_are_no_addresses_are_reported()
    {
        var settings = new EnvironmentSettings(_ => "10.0.0.0/8, edge, 10.0.0.0/99");
        TrustedProxies.Read(settings).ShouldHaveSingleItem();
        settings.Problems.Count.ShouldBe(2);
        settings.Problems[0].ShouldStartWith("TRUSTED_PROXIES is 'edge'");
    }

    [Fact]
    public async Task Clients_at_one_address_share_the_audio_that_it_may_send()
    {
        await using var gateway = await StartGatewayAsync("MAX_AUDIO_RATE_PER_ADDRESS=1");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm);
        await first.SendAudioAsync(new byte[40 * 20_000]);
        await first.SendAsync(new Ping());
        await first.ExpectAsync<Pong>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm);
        for (var i = 0; i < 2; i++)
            await second.SendAudioAsync(new byte[40 * 20_000]);
        (await second.ExpectCloseAsync()).ShouldBe(CloseCode.RateLimited);
        second.CloseReason!.ShouldStartWith("your address may send 1 s of audio a second");
    }

    [Trait("Speed", "Slow")]
    [Fact]
    public async Task Silent_connections_are_gone_after_a_few_seconds_and_keep_nobody_out()
    {
        await using var gateway = await StartGatewayAsync();
        var silent = new List<Socket>();
        for (var i = 0; i < 300; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
            await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
            silent.Add(socket);
        }
        await silent[^1].SendAsync("GET / HT"u8.ToArray()); // one begins to ask
        await using var client = await TestClient.ConnectAsync(gateway, Pcm);
        await client.ExpectAsync<Ready>();

        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        foreach (var socket in silent)
        {
            var buffer = new byte[1024];
            while (await ReadAsync(socket, buffer, patience.Token) > 0)
            {
            }
            socket.Dispose();
        }
        await client.SendAsync(new Ping());
        await client.ExpectAsync<Pong>();
    }

    [Theory]
    [InlineData("10000", 5000)]
    [InlineData("1", 1)]
    public void One_address_may_have_half_of_all_connections_unless_told_otherwise(string all, int each)
    {
        var settings = new EnvironmentSettings(name => name == "MAX_CONNECTIONS" ? all : null);
        GatewayOptions.From(settings).MaxConnectionsPerAddress.ShouldBe(each);
    }

    [Fact]
    public async Task An_address_that_opens_connections_without_end_takes_no_more_than_its_share()
    {
        await using var gateway = await StartGatewayAsync("MAX_CONNECTIONS=40");
        var sockets = new List<Socket>();
        for (var i = 0; i < 60; i++)
            sockets.Add(await ConnectAsync(gateway, "127.0.0.1"));

        // The last ones are cut off at once, the first ones are not, and others find room.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        (await ReadAsync(sockets[^1], new byte[1], patience.Token)).ShouldBe(0);
        await Eventually.TrueAsync(() => sockets.Count(socket => !IsClosed(socket)) == 20);
        using var other = await ConnectAsync(gateway, "127.0.0.2");
        (await IsAnsweredAsync(other, patience.Token)).ShouldBeTrue();

        // Who hangs up makes room for its own.
        foreach (var socket in sockets)
            socket.Dispose();
        await Eventually.TrueAsync(async () =>
        {
            using var again = await ConnectAsync(gateway, "127.0.0.1");
            return await IsAnsweredAsync(again, patience.Token);
        });
    }

    [Fact]
    public async Task A_trusted_proxy_may_have_any_number_of_connections()
    {
        await using var gateway = await StartGatewayAsync("MAX_CONNECTIONS_PER_ADDRESS=1", "TRUSTED_PROXIES=127.0.0.1");
        await using var first = await TestClient.ConnectAsync(gateway, Pcm, forwardedFor: "192.0.2.1");
        await first.ExpectAsync<Ready>();
        await using var second = await TestClient.ConnectAsync(gateway, Pcm, forwardedFor: "192.0.2.2");
        await second.ExpectAsync<Ready>();
    }

    private static async Task<Socket> ConnectAsync(RunningGateway gateway, string from)
    {
        var socket =
            new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { LingerState = new LingerOption(true, 0) };
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        try
        {
            await socket.ConnectAsync(gateway.Address.Host, gateway.Address.Port);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // Cut off already.
        }
        return socket;
    }

    private static async Task<bool> IsAnsweredAsync(Socket socket, CancellationToken cancellationToken)
    {
        try
        {
            await socket.SendAsync("GET /api/languages HTTP/1.1\r\nHost: a\r\n\r\n"u8.ToArray(), cancellationToken);
        }
        catch (SocketException)
        {
            return false; // cut off
        }
        return await ReadAsync(socket, new byte[1], cancellationToken) == 1;
    }

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead);

    private static async Task<int> ReadAsync(Socket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await socket.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException)
        {
            return 0; // cut off
        }
    }
}
