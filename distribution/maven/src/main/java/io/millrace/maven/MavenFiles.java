package io.millrace.maven;

import eu.maveniverse.maven.mima.context.Context;
import eu.maveniverse.maven.mima.context.ContextOverrides;
import eu.maveniverse.maven.mima.context.Runtimes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.eclipse.aether.AbstractRepositoryListener;
import org.eclipse.aether.DefaultRepositorySystemSession;
import org.eclipse.aether.RepositoryEvent;
import org.eclipse.aether.RepositoryException;
import org.eclipse.aether.RepositorySystem;
import org.eclipse.aether.RepositorySystemSession;
import org.eclipse.aether.artifact.Artifact;
import org.eclipse.aether.artifact.DefaultArtifact;
import org.eclipse.aether.collection.CollectRequest;
import org.eclipse.aether.graph.Dependency;
import org.eclipse.aether.graph.DependencyFilter;
import org.eclipse.aether.repository.AuthenticationContext;
import org.eclipse.aether.repository.RemoteRepository;
import org.eclipse.aether.resolution.ArtifactRequest;
import org.eclipse.aether.resolution.ArtifactResolutionException;
import org.eclipse.aether.resolution.ArtifactResult;
import org.eclipse.aether.resolution.DependencyRequest;
import org.eclipse.aether.transfer.ArtifactNotFoundException;
import org.eclipse.aether.util.artifact.JavaScopes;
import org.eclipse.aether.util.filter.DependencyFilterUtils;

/**
 * The files behind Maven coordinates, through the user's {@code ~/.m2/settings.xml}: mirrors, proxies, credentials, local repository. Made
 * by name in a class loader of its own, so it speaks in the JDK's types only.
 *
 * <p>Takes {@code group:artifact:version[:classifier[@extension]]} and gives the artifact's file first, then, if that is a jar, those of its
 * runtime dependencies. Whatever {@link #PROVIDED the platform provides} is not even fetched. Failures are {@link IllegalArgumentException}s
 * whose message is for the user.
 */
public final class MavenFiles implements BiFunction<String, Consumer<String>, List<Path>> {

    /** Never part of a plugin: the platform has them once for all. */
    private static final Predicate<Artifact> PROVIDED = artifact -> artifact.getGroupId().equals("org.apache.kafka")
            && List.of("kafka-clients", "connect-api", "connect-json", "connect-transforms").contains(artifact.getArtifactId())
            || artifact.getGroupId().equals("org.slf4j") && artifact.getArtifactId().equals("slf4j-api")
            || artifact.getGroupId().equals("io.millrace") && artifact.getArtifactId().equals("millrace-api");
    /** What plugins are published as, the likeliest first. */
    private static final List<String> EXTENSIONS = List.of("jar", "tar.gz", "zip");

    @Override
    public List<Path> apply(String coordinates, Consumer<String> progress) {
        try (Context context = Runtimes.INSTANCE.getRuntime().create(ContextOverrides.create().withUserSettings(true).build())) {
            DefaultRepositorySystemSession session = new DefaultRepositorySystemSession(context.repositorySystemSession());
            session.setRepositoryListener(new AbstractRepositoryListener() {
                @Override
                public void artifactDownloading(RepositoryEvent event) {
                    if (!event.getArtifact().getExtension().equals("pom")) {
                        progress.accept("fetching " + event.getArtifact() + " from " + event.getRepository().getId());
                    }
                }
            });
            // With the user's mirrors, proxies and credentials in them.
            List<RemoteRepository> repositories = context.repositorySystem().newResolutionRepositories(session, context.remoteRepositories());
            return new Resolver(context.repositorySystem(), session, repositories, context.mavenUserHome().settingsXml()).files(coordinates);
        }
    }

    private record Resolver(RepositorySystem system, RepositorySystemSession session, List<RemoteRepository> repositories, Path settings) {

        List<Path> files(String coordinates) {
            String[] parts = coordinates.split(":", -1);
            if (parts.length < 3 || parts.length > 4 || List.of(parts).contains("")) {
                throw new IllegalArgumentException("mvn:" + coordinates + " is not mvn:GROUP:ARTIFACT:VERSION[:CLASSIFIER[@EXTENSION]]");
            }
            String classifier = parts.length == 4 ? parts[3].split("@", 2)[0] : "";
            List<String> extensions = parts.length == 4 && parts[3].contains("@") ? List.of(parts[3].split("@", 2)[1]) : EXTENSIONS;
            Artifact main = null;
            IllegalArgumentException failure = null;
            for (String extension : extensions) {
                try {
                    main = fetched(new DefaultArtifact(parts[0], parts[1], classifier, extension, parts[2]));
                } catch (IllegalArgumentException e) {
                    // A repository that fails may be one that has nothing of it anyway.
                    failure = failure == null ? e : failure;
                }
                if (main != null) {
                    break;
                }
            }
            if (main == null && failure != null) {
                throw failure;
            }
            if (main == null) {
                throw new IllegalArgumentException("mvn:" + coordinates + " is in none of the repositories "
                        + repositories.stream().map(repository -> repository.getId() + " (" + repository.getUrl() + ")").toList()
                        + " as " + String.join(", ", extensions) + "; correct it, or add its repository to " + settings);
            }
            return main.getExtension().equals("jar") ? withDependencies(main) : List.of(main.getFile().toPath());
        }

        private Artifact fetched(Artifact wanted) {
            try {
                return system.resolveArtifact(session, new ArtifactRequest(wanted, repositories, "plugin")).getArtifact();
            } catch (ArtifactResolutionException e) {
                for (ArtifactResult result : e.getResults()) {
                    for (Exception reason : result.getExceptions()) {
                        if (!(reason instanceof ArtifactNotFoundException)) {
                            throw new IllegalArgumentException(wanted + " cannot be fetched: " + reason.getMessage() + "; see " + settings + undeciphered(), e);
                        }
                    }
                }
                return null;
            }
        }

        private List<Path> withDependencies(Artifact main) {
            CollectRequest collect = new CollectRequest(new Dependency(main, JavaScopes.RUNTIME), repositories);
            DependencyFilter wanted = DependencyFilterUtils.andFilter(DependencyFilterUtils.classpathFilter(JavaScopes.RUNTIME),
                    (node, parents) -> !node.getDependency().isOptional() && !PROVIDED.test(node.getArtifact()));
            try {
                List<Path> files = new ArrayList<>();
                files.add(main.getFile().toPath());
                for (ArtifactResult result : system.resolveDependencies(session, new DependencyRequest(collect, wanted)).getArtifactResults()) {
                    Path file = result.getArtifact().getFile().toPath();
                    if (!files.contains(file) && file.toString().endsWith(".jar")) {
                        files.add(file);
                    }
                }
                return files;
            } catch (RepositoryException e) {
                throw new IllegalArgumentException("the dependencies of " + main + " cannot be fetched: " + e.getMessage() + "; see " + settings + undeciphered(), e);
            }
        }

        /** Maven goes on with a password that it could not decrypt as if that were the password. */
        private String undeciphered() {
            List<String> servers = new ArrayList<>();
            for (RemoteRepository repository : repositories) {
                try (AuthenticationContext known = AuthenticationContext.forRepository(session, repository)) {
                    String password = known == null ? null : known.get(AuthenticationContext.PASSWORD);
                    if (password != null && password.startsWith("{") && password.endsWith("}")) {
                        servers.add(repository.getId());
                    }
                }
            }
            return servers.isEmpty() ? "" : ", where the password of server " + String.join(", ", servers) + " is encrypted and cannot be decrypted with "
                    + settings.resolveSibling("settings-security.xml") + "; encrypt it again (mvn --encrypt-password)";
        }
    }
}
