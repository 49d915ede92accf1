using Speech.Gateway;
using Speech.Hosting;

var builder = SpeechHost.CreateBuilder(args, "gateway", defaultPort: 8080);
builder.AddJobs();
builder.AddGateway();

var app = builder.Build();
app.MapHealth();
app.MapGateway();
return await app.RunSpeechAsync();
