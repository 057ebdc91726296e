package io.millrace.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/**
 * A key pair that signs plugins: {@code NAME.key}, for its owner's eyes only, and {@code NAME.pub}, for those who trust it. A signature is
 * Ed25519 over {@code millrace-plugin-v1 SHA256-OF-THE-FILE} and is written {@code KEY-ID:BASE64}.
 */
final class PluginKey {

    private PluginKey() {}

    /** @return the key's id */
    static String create(Path base) throws IOException {
        Path secret = base.resolveSibling(base.getFileName() + ".key");
        Path open = base.resolveSibling(base.getFileName() + ".pub");
        try {
            KeyPair pair = KeyPairGenerator.getInstance("Ed25519").generateKeyPair();
            try {
                Files.createFile(secret, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            } catch (UnsupportedOperationException e) {
                Files.createFile(secret);
            }
            Files.writeString(secret, pem("PRIVATE KEY", pair.getPrivate().getEncoded()));
            Files.writeString(open, pem("PUBLIC KEY", pair.getPublic().getEncoded()), StandardOpenOption.CREATE_NEW);
            return id(pair.getPublic().getEncoded());
        } catch (FileAlreadyExistsException e) {
            throw new IOException(e.getFile() + " exists already; choose another name", e);
        } catch (GeneralSecurityException e) {
            throw new IOException("no key can be made: " + e.getMessage(), e);
        }
    }

    /** Writes {@code FILE.sig}. */
    static Path sign(Path file, Path secret) throws IOException {
        Path open = secret.resolveSibling(secret.getFileName().toString().replaceFirst("\\.key$", "") + ".pub");
        if (!Files.isRegularFile(file)) {
            throw new IOException(file + (Files.exists(file) ? " is a folder; pack it as zip or tar.gz first" : " does not exist"));
        }
        try {
            PrivateKey key = KeyFactory.getInstance("Ed25519").generatePrivate(new PKCS8EncodedKeySpec(decoded(secret)));
            Signature signer = Signature.getInstance("Ed25519");
            signer.initSign(key);
            signer.update(("millrace-plugin-v1 " + PluginFile.sha256(file)).getBytes(StandardCharsets.US_ASCII));
            String text = id(decoded(open)) + ":" + Base64.getEncoder().encodeToString(signer.sign());
            return Files.writeString(file.resolveSibling(file.getFileName() + ".sig"), text + "\n");
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            throw new IOException(secret + " is no key made by 'millrace plugin key': " + e.getMessage(), e);
        }
    }

    private static String pem(String kind, byte[] encoded) {
        return "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(encoded) + "\n-----END " + kind + "-----\n";
    }

    private static byte[] decoded(Path file) throws IOException {
        return Base64.getMimeDecoder().decode(Files.readString(file).replaceAll("-----[A-Z ]+-----", ""));
    }

    private static String id(byte[] encoded) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(encoded), 0, 8);
    }
}
