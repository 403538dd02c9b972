package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/skerry-edge/skerry/bundles"
	"github.com/skerry-edge/skerry/bundles/build"
	"github.com/skerry-edge/skerry/bundles/catalog"
	"github.com/skerry-edge/skerry/bundles/store"
	"github.com/skerry-edge/skerry/gateway/route"
	"github.com/skerry-edge/skerry/kv"
	"github.com/skerry-edge/skerry/kv/bolt"
	"github.com/skerry-edge/skerry/kv/memory"
)

// routeFunctions is how many functions with a framework the node holds beside the others.
const routeFunctions = 300

// domain is the node's: functions answer at NAME.domain.
const domain = "localhost"

// nameOf is the name of one of the functions made of a workload.
func nameOf(workload string, i int) string { return fmt.Sprintf("%s-%05d", workload, i) }

// fleet makes n functions of a workload. Each has a script of its own, so that none
// profits from another.
func fleet(ctx context.Context, workload string, n int) ([]*bundles.Bundle, error) {
	dir := filepath.Join("bench", "workloads", workload)
	p, err := build.Load(dir)
	if err != nil {
		return nil, err
	}
	built, err := build.Build(ctx, p, build.Options{Minify: true})
	if err != nil {
		return nil, err
	}
	all := make([]*bundles.Bundle, n)
	for i := range all {
		one := *built.Bundle
		one.Manifest.Name = nameOf(workload, i)
		one.Script = fmt.Appendf(append([]byte(nil), one.Script...), "\n// %s\n", one.Manifest.Name)
		all[i] = &one
	}
	return all, nil
}

// busy is a function that takes the given CPU time for each request.
func busy(ctx context.Context, dir string, millis int) (*bundles.Bundle, error) {
	file := filepath.Join(dir, "busy.js")
	source := fmt.Sprintf(`export default {
  fetch(request, env, ctx) {
    while (ctx.cpuTime() < %d);
    return new Response("done\n");
  },
};
`, millis)
	if err := os.WriteFile(file, []byte(source), 0o600); err != nil {
		return nil, err
	}
	p, err := build.Load(file)
	if err != nil {
		return nil, err
	}
	built, err := build.Build(ctx, p, build.Options{})
	if err != nil {
		return nil, err
	}
	return built.Bundle, nil
}

// data writes a data directory with functions, as pushes of them would leave it behind.
func (b *bench) data(ctx context.Context, functions []*bundles.Bundle) (dir string, err error) {
	b.copies++
	dir = filepath.Join(b.dir, fmt.Sprintf("data-%d", b.copies))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return "", err
	}
	if len(functions) == 0 {
		return dir, nil
	}
	pushed, err := keepBundles(ctx, filepath.Join(dir, "bundles"), functions)
	if err != nil {
		return "", err
	}
	// The catalog is written in memory first: there a document costs no wait for the disk.
	made := memory.New(memory.Config{})
	c, err := catalog.New(made, catalog.Config{Claims: func(m bundles.Manifest) ([]string, error) { return route.Claims(&m, domain) }})
	if err != nil {
		return "", err
	}
	if _, err := c.PushAll(ctx, pushed); err != nil {
		return "", err
	}
	file, err := bolt.Open(bolt.Config{Path: filepath.Join(dir, "meta.db")})
	if err != nil {
		return "", err
	}
	return dir, errors.Join(copyStore(ctx, made, file, catalog.Namespace), file.Close())
}

// parallel is how many writes to the disk are under way at once.
const parallel = 64

// each calls f for 0 to n-1, several at once, and returns all errors.
func each(n int, f func(i int) error) error {
	errs := make([]error, n)
	var group sync.WaitGroup
	room := make(chan struct{}, parallel)
	for i := range n {
		room <- struct{}{}
		group.Go(func() {
			errs[i] = f(i)
			<-room
		})
	}
	group.Wait()
	return errors.Join(errs...)
}

// keepBundles puts the bundles into a store and returns what is to be pushed.
func keepBundles(ctx context.Context, dir string, functions []*bundles.Bundle) ([]catalog.Pushed, error) {
	s, err := store.OpenLocal(dir)
	if err != nil {
		return nil, err
	}
	pushed := make([]catalog.Pushed, len(functions))
	return pushed, each(len(functions), func(i int) error {
		encoded := bundles.Encode(functions[i])
		digest := bundles.DigestOf(encoded)
		pushed[i] = catalog.Pushed{Manifest: functions[i].Manifest, Digest: digest}
		return s.Put(ctx, digest, encoded)
	})
}

// copyStore copies a namespace.
func copyStore(ctx context.Context, from, to kv.Store, namespace string) error {
	for q := (kv.Query{}); ; {
		page, err := from.List(ctx, namespace, q)
		if err != nil {
			return err
		}
		err = each(len(page.Keys), func(i int) error {
			name := page.Keys[i].Name
			e, err := from.Get(ctx, namespace, name)
			if err == nil {
				_, err = to.Put(ctx, namespace, name, e)
			}
			return err
		})
		if err != nil || page.Cursor == "" {
			return err
		}
		q.Cursor = page.Cursor
	}
}

// manyFunctions returns the data directory of a node with many functions, written once.
func (b *bench) manyFunctions(ctx context.Context) (string, error) {
	if b.many != "" {
		return b.many, nil
	}
	all, err := fleet(ctx, "hello", b.functions)
	if err != nil {
		return "", err
	}
	framework, err := fleet(ctx, "route", routeFunctions)
	if err != nil {
		return "", fmt.Errorf("%w (the workload route needs its packages: run make deps)", err)
	}
	b.many, err = b.data(ctx, append(all, framework...))
	return b.many, err
}
