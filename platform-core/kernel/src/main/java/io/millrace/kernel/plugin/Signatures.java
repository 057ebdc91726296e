package io.millrace.kernel.plugin;

import io.millrace.api.plugin.PluginException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Judges who built a plugin. A signature is Ed25519 over {@code millrace-plugin-v1 SHA256-OF-THE-FILE}; the keys trusted are the files
 * {@code *.pub} of one folder, read anew each time, so that trusting and revoking needs no restart.
 */
final class Signatures {

    /** What to do with a plugin that no trusted key signed. A signature that is wrong is refused by all but {@link #OFF}. */
    enum Policy {
        OFF, WARN, REQUIRE;

        static Policy of(String text) {
            try {
                return valueOf(text.strip().toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("plugins.signature.policy=" + text + " is not off, warn or require", e);
            }
        }
    }

    /**
     * @param text    what was found, for the event
     * @param warning why the policy frowns, or empty
     */
    record Verdict(String text, String warning) {}

    private static final Logger LOG = LoggerFactory.getLogger(Signatures.class);
    private static final int LARGEST_KEY = 4096;

    private final Policy policy;
    private final Path trusted;

    Signatures(Policy policy, Path trusted) {
        this.policy = policy;
        this.trusted = trusted;
    }

    static Signatures off() {
        return new Signatures(Policy.OFF, Path.of(""));
    }

    Policy policy() {
        return policy;
    }

    /**
     * @param what      for messages
     * @param source    SHA-256 of the file as it was handed in
     * @param signature {@code KEY-ID:BASE64}, or empty
     * @throws PluginException if the policy does not let the plugin in; names the mend
     */
    Verdict judge(String what, String source, String signature) throws PluginException {
        if (policy == Policy.OFF) {
            return new Verdict("sha-256 " + source, "");
        }
        if (signature.isEmpty()) {
            return frown(what + " is not signed; sign it with 'millrace plugin sign FILE --key KEY'");
        }
        String[] parts = signature.split(":", 2);
        Map<String, Trusted> keys = keys();
        Trusted key = keys.get(parts[0]);
        if (key == null || parts.length < 2) {
            return frown(what + " is signed with key " + parts[0] + ", which is not trusted; put its .pub file into " + trusted
                    + " if you trust it (trusted: " + (keys.isEmpty() ? "none" : String.join(", ", keys.keySet())) + ")");
        }
        if (!isBy(key.key(), parts[1], source)) {
            throw new PluginException(what + ": its signature by " + key.name() + " does not fit the file; it is not what " + key.name()
                    + " signed, get it again from where it was published");
        }
        return new Verdict("signed by " + key.name(), "");
    }

    private Verdict frown(String why) throws PluginException {
        if (policy == Policy.REQUIRE) {
            throw new PluginException(why + " (plugins.signature.policy=require)");
        }
        LOG.warn("{}", why);
        return new Verdict("not signed by a trusted key", why);
    }

    private static boolean isBy(PublicKey key, String signature, String source) {
        try {
            Signature verifier = Signature.getInstance("Ed25519");
            verifier.initVerify(key);
            verifier.update(message(source));
            return verifier.verify(Base64.getDecoder().decode(signature));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] message(String source) {
        return ("millrace-plugin-v1 " + source).getBytes(StandardCharsets.US_ASCII);
    }

    /** @param name of the file without {@code .pub} */
    private record Trusted(String name, PublicKey key) {}

    private Map<String, Trusted> keys() throws PluginException {
        Map<String, Trusted> keys = new TreeMap<>();
        if (!Files.isDirectory(trusted)) {
            return keys;
        }
        try (DirectoryStream<Path> files = Files.newDirectoryStream(trusted, "*.pub")) {
            for (Path file : files) {
                try {
                    if (Files.size(file) > LARGEST_KEY) {
                        throw new IOException("it is larger than " + LARGEST_KEY + " bytes");
                    }
                    byte[] encoded = Base64.getMimeDecoder().decode(Files.readString(file).replaceAll("-----[A-Z ]+-----", ""));
                    PublicKey key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(encoded));
                    keys.put(id(encoded), new Trusted(file.getFileName().toString().replaceFirst("\\.pub$", ""), key));
                } catch (IOException | GeneralSecurityException | IllegalArgumentException e) {
                    LOG.error("trusted key {} cannot be read and is passed over: {}", file, e.getMessage());
                }
            }
        } catch (IOException e) {
            throw new PluginException("the folder of trusted keys " + trusted + " cannot be read: " + e.getMessage(), e);
        }
        return keys;
    }

    private static String id(byte[] encoded) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(encoded), 0, 8);
    }
}
