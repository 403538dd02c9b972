package subtle

import "time"

// Cost estimates the CPU time of an operation: that of k, or of a key that p would make or
// that data holds, on so many bytes of data. Estimates are for a server's core of today; what
// matters is the order of magnitude.
func Cost(op Operation, p *Params, k *Key, bytes int) time.Duration {
	d := bytesCost(p, bytes)
	switch op {
	case OpDeriveBits:
		if p.Name == "PBKDF2" {
			d += time.Duration(p.Iterations) * iterationCost
		}
		fallthrough
	case OpSign, OpVerify, OpEncrypt, OpDecrypt, OpWrapKey, OpUnwrapKey:
		d += keyCost(op, k)
	case OpGenerateKey, OpImportKey:
		d += newCost(op, p, bytes)
	}
	return d
}

const iterationCost = 500 * time.Nanosecond

// DigestCost is [Cost] of hashing.
func DigestCost(h Hash, bytes int) time.Duration {
	perKB := 600 * time.Nanosecond
	if h == SHA384 || h == SHA512 {
		perKB = 1800 * time.Nanosecond
	}
	return time.Duration(bytes) * perKB / 1024
}

// bytesCost is what the data cost, those among the parameters included.
func bytesCost(p *Params, bytes int) time.Duration {
	perKB := 1800 * time.Nanosecond // hashing, AES-CBC
	switch {
	case p.Name == "AES-KW":
		perKB = 10 * time.Microsecond
	case p.Name == "AES-GCM" && (!p.TagLengthGiven || p.TagLength >= 96), p.Name == "AES-CTR":
		perKB = 300 * time.Nanosecond
	}
	bytes += len(p.AdditionalData) + len(p.IV) + len(p.Salt) + len(p.Info) + len(p.Label)
	return time.Duration(bytes) * perKB / 1024
}

// keyCost is what an operation with a key costs beside the data.
func keyCost(op Operation, k *Key) time.Duration {
	public := op == OpVerify || op == OpEncrypt
	switch m := k.material.(type) {
	case *rsaKey:
		bits := m.public.N.BitLen()
		switch {
		case public && bits <= 2048:
			return 40 * time.Microsecond
		case public:
			return 400 * time.Microsecond
		}
		return time.Duration(bits*bits*bits>>20) * 150 * time.Nanosecond
	case *ecKey:
		return curveCost(m.curve.name)
	case *okpKey:
		return 70 * time.Microsecond
	}
	return time.Microsecond
}

// newCost is what it costs to make a key, or to read one of so many bytes.
func newCost(op Operation, p *Params, bytes int) time.Duration {
	switch p.Name {
	case "RSASSA-PKCS1-v1_5", "RSA-PSS", "RSA-OAEP":
		switch {
		case op == OpGenerateKey:
			return 100 * time.Millisecond
		case bytes > 1500: // a private key of more than 2048 bits
			return time.Millisecond
		}
		return 150 * time.Microsecond
	case "ECDSA", "ECDH":
		return curveCost(p.NamedCurve) / 3
	}
	return 50 * time.Microsecond
}

// curveCost is what a signature, or an agreement, costs.
func curveCost(name string) time.Duration {
	switch name {
	case "P-384":
		return 600 * time.Microsecond
	case "P-521":
		return 2 * time.Millisecond
	}
	return 80 * time.Microsecond
}
