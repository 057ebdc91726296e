package io.millrace.kernel.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.millrace.api.plugin.PluginException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.util.Base64;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SignaturesTest {

    private static final String SOURCE = "277089d91c0bdf4f2e6862ba7e4a07605119431f5d13f726dd352b06f1b206a9";

    @TempDir
    Path keys;
    private KeyPair acme;
    private String signature;

    @BeforeEach
    void signByAcme() throws Exception {
        acme = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(acme.getPrivate());
        signer.update(("millrace-plugin-v1 " + SOURCE).getBytes(StandardCharsets.US_ASCII));
        String id = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(acme.getPublic().getEncoded()), 0, 8);
        signature = id + ":" + Base64.getEncoder().encodeToString(signer.sign());
    }

    private void trustAcme() throws Exception {
        Files.writeString(keys.resolve("acme.pub"), "-----BEGIN PUBLIC KEY-----\n" + Base64.getEncoder().encodeToString(acme.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n");
        Files.writeString(keys.resolve("broken.pub"), "nonsense");
    }

    private Signatures.Verdict judge(Signatures.Policy policy, String source, String given) throws PluginException {
        return new Signatures(policy, keys).judge("plugin file sink.jar", source, given);
    }

    @Test
    void aSignatureByATrustedKeySatisfiesAll() throws Exception {
        trustAcme();
        assertThat(judge(Signatures.Policy.REQUIRE, SOURCE, signature)).isEqualTo(new Signatures.Verdict("signed by acme", ""));
        assertThat(judge(Signatures.Policy.WARN, SOURCE, signature).warning()).isEmpty();
    }

    @Test
    void withoutATrustedSignatureRequireRefusesWarnWarnsAndOffIsSilent() throws Exception {
        for (String given : new String[] {"", signature}) {
            assertThatThrownBy(() -> judge(Signatures.Policy.REQUIRE, SOURCE, given)).isInstanceOf(PluginException.class)
                    .hasMessageContaining(given.isEmpty() ? "is not signed; sign it with" : "is not trusted; put its .pub file into " + keys);
            assertThat(judge(Signatures.Policy.WARN, SOURCE, given).warning()).isNotEmpty();
            assertThat(judge(Signatures.Policy.OFF, SOURCE, given).warning()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(value = Signatures.Policy.class, names = {"WARN", "REQUIRE"})
    void aFileThatIsNotWhatWasSignedIsRefusedEvenWhereUnsignedOnesAreNot(Signatures.Policy policy) throws Exception {
        trustAcme();
        assertThatThrownBy(() -> judge(policy, SOURCE.replace('2', '3'), signature)).hasMessageContaining("by acme does not fit the file");
        assertThatThrownBy(() -> judge(policy, SOURCE, signature.substring(0, 20) + "AAAA")).hasMessageContaining("does not fit the file");
    }

    @Test
    void whereTheyAreRequiredARevokedKeyStopsTheNextStart() throws Exception {
        trustAcme();
        Path data = keys.resolve("data");
        Path file = PluginJar.bundle("greeter", "1.0.0").writeTo(keys.resolve("greeter.jar"));
        String source = StagedPlugin.sha256(file);
        Signature signer = Signature.getInstance("Ed25519");
        signer.initSign(acme.getPrivate());
        signer.update(("millrace-plugin-v1 " + source).getBytes(StandardCharsets.US_ASCII));
        String own = signature.split(":")[0] + ":" + Base64.getEncoder().encodeToString(signer.sign());
        PluginRules rules = new PluginRules(3, 5_000, "require", keys);
        try (Platform platform = Platform.in(data, rules)) {
            assertThatThrownBy(() -> platform.plugins.install(file)).hasMessageContaining("is not signed");
            assertThat(platform.plugins.install(new io.millrace.api.plugin.Delivery(file, "", own, "")).name()).isEqualTo("greeter");
        }
        try (Platform platform = Platform.in(data, rules)) {
            assertThat(platform.plugins.list().getFirst().state()).isEqualTo(io.millrace.api.plugin.PluginManager.State.ACTIVE);
        }
        Files.delete(keys.resolve("acme.pub"));
        try (Platform platform = Platform.in(data, rules)) {
            assertThat(platform.plugins.list().getFirst().detail()).contains("is not trusted");
        }
    }
}
